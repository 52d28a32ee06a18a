#!/bin/sh
# init.sh COMMAND...: stands for the pause of a pod whose containers share one process namespace. It writes down who is left when the command has ended.

"$@"
status=$?
for process in /proc/[0-9]*; do
  read -r stat <"$process/stat" || continue
  case $stat in
    "$$ "* | *') Z '*) ;;
    *) echo "0 init left ${stat%%)*})" >>"$EVENTS" ;;
  esac
done 2>/dev/null
exit "$status"
