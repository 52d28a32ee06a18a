#!/bin/sh
# init.sh COMMAND...: stands for the pause of a pod whose containers share one process namespace. It writes down who is left when the command has ended.

"$@"
status=$?
# What has just been killed may need a moment to be gone.
for _ in 1 2 3 4 5 6 7 8 9 10; do
  left=''
  for process in /proc/[0-9]*; do
    read -r stat <"$process/stat" || continue
    case $stat in
      "$$ "* | *') Z '*) ;;
      *) left="$left ${stat%%)*})" ;;
    esac
  done 2>/dev/null
  [ -n "$left" ] || break
  sleep 0.1
done
[ -z "$left" ] || echo "0 init left$left" >>"$EVENTS"
exit "$status"
