#!/bin/bash
# Replaces the Pulumi CLI. `up` prints Pulumi's text and secrets that no log may keep. Its last argument decides its end.
case "$1" in
  version) echo v3.250.0 ;;
  stack) cat "$(dirname "$0")/outputs.json" ;;
  up)
    printf 'Updating (%s):\n \033[1m+\033[0m  nodeforge:index:Cluster creating\n' "$3"
    echo 'error of a tool: token abcdef.0123456789abcdef was refused' >&2
    case "${*: -1}" in
      ask)
        if [[ -t 0 && -t 1 && -t 2 ]]; then echo 'on a terminal'; else echo 'on a pipe'; fi
        printf 'Do you want to perform this update? '
        read -r answer
        echo "the answer is $answer"
        ;;
      redraw) printf 'worker creating (1s)\nmaster creating\n\033[2A\rworker created (2s) \033[K\n\033[1B' ;;
      # Ends with the test, which deletes this file.
      wait) while [[ -e "$0" ]]; do sleep 0.1; done ;;
      cancel) echo 'error: update canceled' && exit 1 ;;
      no) echo 'confirmation declined, not proceeding with the update' && exit 0 ;;
      fail) printf 'Resources:\n    + 1 created\n    1 errored\n' && exit 3 ;;
    esac
    printf '\nResources:\n    + 20 created\n    ~ 2 updated\n    - 1 deleted\n    +-3 replaced\n    26 changes. 4 unchanged\n\nDuration: 7s\n'
    ;;
esac
