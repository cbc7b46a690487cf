/* First process of every pod: holds the pod's namespaces, reaps orphaned processes, and exits on SIGINT and SIGTERM. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void terminate(int signal) {
  (void)signal;
  _exit(0);
}

static void reap(int signal) {
  (void)signal;
  while (waitpid(-1, 0, WNOHANG) > 0) {
  }
}

int main(void) {
  struct sigaction terminating = {.sa_handler = terminate};
  struct sigaction reaping = {.sa_handler = reap, .sa_flags = SA_NOCLDSTOP};
  if (sigaction(SIGINT, &terminating, 0) < 0 || sigaction(SIGTERM, &terminating, 0) < 0 || sigaction(SIGCHLD, &reaping, 0) < 0) {
    return 1;
  }
  for (;;) {
    pause();
  }
}
