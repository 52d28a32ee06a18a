#!/bin/sh
# service.sh NAME [WORD...]: a service, or a check, that writes down what happens to it. Every line of the file $EVENTS is
#     SECONDS NAME WHAT...        SECONDS as in /proc/uptime
# and the order of the lines is the order of the events.
#
#   stop=SIGNAL,...    the signals that make it end; TERM unless said otherwise. All others are only written down.
#   after=SECONDS      how long it takes to end
#   status=NUMBER      its exit status then
#   up=SECONDS         when it makes the file $EVENTS.NAME, for which a check can look
#   die=SECONDS        when it ends by itself, with that status
#   pool=NUMBER        that many children without any signal handler; it writes down how many are left at its end
#   leave              they are left behind then
#   orphan=SECONDS     a grandchild whose parent is gone, and which ends then
#   words ...          writes down all arguments that follow, one a line
#   asked=FILE         a check: writes down that it was asked, and succeeds if the file exists
#   hang               a check that never ends

name=$1 stop=,TERM, after=0 status=0 up='' die='' pool=0 orphan='' leave='' asked='' hang=''
shift

note() {
  read -r seconds rest </proc/uptime
  printf '%s\n' "$seconds $*" >>"$EVENTS"
}

while [ $# -gt 0 ]; do
  case $1 in
    stop=*) stop=,${1#*=}, ;;
    after=*) after=${1#*=} ;;
    status=*) status=${1#*=} ;;
    up=*) up=${1#*=} ;;
    die=*) die=${1#*=} ;;
    pool=*) pool=${1#*=} ;;
    orphan=*) orphan=${1#*=} ;;
    asked=*) asked=${1#*=} ;;
    leave) leave=yes ;;
    hang) hang=yes ;;
    words)
      shift
      for word; do note "$name" "word <$word>"; done
      break
      ;;
  esac
  shift
done

if [ -n "$asked" ]; then
  note "$name" asked "$$"
  [ -z "$hang" ] || exec sleep 1000
  [ -e "$asked" ]
  exit
fi

# Ends a child before this ends: one that is still about to go would be something left behind.
reap() {
  kill -s KILL "$1"
  wait "$1"
}

end() {
  left=0
  for child in $children; do
    read -r stat <"/proc/$child/stat"
    case $stat in
      *') Z '*) ;;
      *) left=$((left + 1)) ;;
    esac
    [ -n "$leave" ] || reap "$child"
  done
  [ -z "$children" ] || note "$name" children "$left"
  note "$name" ended "$1"
  # The last one may not have its name yet.
  for child in $nap $last $!; do reap "$child"; done
  exit "$1"
}

got() {
  note "$name" got "$1"
  woken=yes
  case $stop in
    *,"$1",*)
      [ "$after" != 0 ] || end "$status"
      [ -n "$ending" ] || ending=yes # no child is started in a trap: it could come before the $! of another one
      ;;
  esac
  [ -z "$nap" ] || kill -s KILL "$nap"
}

children='' nap='' woken='' ending='' last=''
for signal in TERM INT QUIT HUP USR1 USR2 WINCH TSTP; do
  # shellcheck disable=SC2064 # the name is to be put in now
  trap "got $signal" "$signal"
done
while read -r key mask; do
  case $key in SigIgn:) ignored=$mask ;; esac
done </proc/self/status
note "$name" started "$$" "parent=$PPID" "ignores=$ignored"

{
  while [ "$pool" -gt 0 ]; do
    (trap - TERM && exec sleep 1000) &
    children="$children $!" pool=$((pool - 1))
  done
  if [ -n "$orphan" ]; then
    ( (sleep "$orphan" && note "$name.orphan" ended) & )
  fi
  if [ -n "$up" ]; then (sleep "$up" && : >"$EVENTS.$name") & fi
  if [ -n "$die" ]; then
    (exec sleep "$die") &
    last=$!
  fi
  # It waits for children to be gone, not for signals: one that came between a look and the wait would be lost.
  while :; do
    if [ "$ending" = yes ]; then
      (exec sleep "$after") &
      last=$! ending=begun
    fi
    if [ -n "$last" ]; then
      wait "$last"
      [ -d "/proc/$last" ] || end "$status"
    else
      (exec sleep 1000) &
      nap=$!
      [ -n "$woken" ] || wait "$nap"
      kill -s KILL "$nap"
      wait "$nap"
      nap='' woken=''
    fi
  done
} 2>/dev/null >&2
