# shellcheck shell=bash
# Prints the end of the journal of a scheduler under test, and changes nothing.
# Parameters: LINES_KEPT; INVOCATION, the result of bench-activate, empty for all. Result: the lines as text.
[[ $LINES_KEPT =~ ^[1-9][0-9]*$ ]] || fail "LINES_KEPT is $LINES_KEPT, expected a number of lines"
[[ $INVOCATION =~ ^[0-9a-f]*$ ]] || fail "INVOCATION is $INVOCATION, expected hexadecimal digits"
match=(--unit nodeforge-bench-scheduler)
[[ -z $INVOCATION ]] || match=("_SYSTEMD_INVOCATION_ID=$INVOCATION")
journalctl --no-pager --output short-iso --lines "$LINES_KEPT" "${match[@]}"
