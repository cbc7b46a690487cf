/* The first process of every pod: holds the pod's namespaces, collects orphans, and leaves when told to. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void leave(int signal) {
  (void)signal;
  _exit(0);
}

static void collect(int signal) {
  (void)signal;
  while (waitpid(-1, 0, WNOHANG) > 0) {
  }
}

int main(void) {
  struct sigaction leaving = {.sa_handler = leave};
  struct sigaction collecting = {.sa_handler = collect, .sa_flags = SA_NOCLDSTOP};
  if (sigaction(SIGINT, &leaving, 0) < 0 || sigaction(SIGTERM, &leaving, 0) < 0 || sigaction(SIGCHLD, &collecting, 0) < 0) {
    return 1;
  }
  for (;;) {
    pause();
  }
}
