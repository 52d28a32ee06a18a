#!/bin/sh
# A process of the probe service. It says what happens to it, and does what its settings tell.
#
#   program.sh run NAME [load=SECONDS] [finish=SECONDS] [version=N] [leave=SECONDS] [deaf]
#       load     until it serves
#       finish   from TERM to its end
#       version  only to be told apart
#       leave    at TERM it starts something that lives so long, and shows no sign of where it comes from
#       deaf     like a pool whose child hangs: neither the process nor its child ends by TERM
#   program.sh ready NAME     whether it serves
#   program.sh kill NAME SIGNAL
#
# USR1 ends it with status 3, USR2 with status 0.

# What the files tell of a process outlives it, and its container too; only the start time says which life it was. (And not every pause reaps.)
life() {
  { read -r line; } 2>/dev/null <"/proc/$1/stat" || return 1
  # shellcheck disable=SC2086 # fields, from the state on
  set -- ${line##*) }
  [ "$1" != Z ] || return 1
  shift 19
  echo "$1"
}

action=$1 name=$2 load=0 finish=0 version=1 leave='' deaf=''
shift 2
case $action in
  ready)
    read -r pid born <"/scratch/$name.serving" && [ "$(life "$pid")" = "$born" ]
    exit
    ;;
  kill)
    read -r pid <"/scratch/$name.pid" && kill -s "$1" "$pid"
    exit
    ;;
esac

for setting; do
  case $setting in
    load=*) load=${setting#*=} ;;
    finish=*) finish=${setting#*=} ;;
    version=*) version=${setting#*=} ;;
    leave=*) leave=${setting#*=} ;;
    deaf) deaf=yes ;;
  esac
done

say() { echo "process=$name event=$*"; }
# A shell takes a signal only between two commands, or in wait.
pause() { sleep "$1" & wait $!; }

trap 'exit 3' USR1
trap 'exit 0' USR2
if [ -n "$deaf" ]; then
  trap 'say term' TERM
  (
    trap '' TERM
    while :; do
      say child
      sleep 0.2 2>/dev/null || sleep 1
    done
  ) &
else
  trap 'say term; [ -z "$leave" ] || env -i setsid sleep "$leave" & sleep "$finish"; say end; exit 0' TERM
fi
echo $$ >"/scratch/$name.pid"
say start role="$SYNC_ASYNC_ROLE" ordinal="$POD_ORDINAL" split="${SYNC_INSTANCE-}" gpu="${NVIDIA_VISIBLE_DEVICES-}" version="$version"
pause "$load"
echo "$$ $(life $$)" >"/scratch/$name.serving"
say serving
while :; do pause 1000; done
