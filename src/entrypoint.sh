#!/bin/sh
# shellcheck disable=SC2154 # the fields of a process are set by `take`
# shellcheck disable=SC2317 # what a trap calls looks unreachable
#
# PID 1 of a pod whose ordinal decides its role, or whose template does. It starts the processes of that role in order, supervises them, and stops them in reverse
# order, giving each the time to finish what it holds. When the pod is to have the other role, it moves: processes that both roles share go on, and only the role's own are stopped.
# Everything it needs to know comes in as arguments. It needs dash, bash or busybox ash as its shell, sleep, cat, mv, /proc, and a writable directory.
#
#   entrypoint.sh run dir=DIR split=SPLIT values=DIR settle=SECONDS check-timeout=SECONDS [termination-log=FILE] [copy=SCRIPT] [role=shared PROCESS...] ROLE...
#       SPLIT    none | count (read from values/SYNC_INSTANCE and watched) | count:N | share:N/M | between:MIN/MAX DEMAND
#                | fixed:sync | fixed:async (no ordinal is asked for)
#       DEMAND   demand-period=SECONDS demand-timeout=SECONDS stabilization-window=SECONDS demand=COUNT WORD...
#       ROLE     role=sync|async [PROCESS...]
#       PROCESS  process=NAME [start-timeout=SECONDS] [stop-delay=SECONDS] [stop-signal=NAME] [stop-timeout=SECONDS] [restart=never|always]
#                [early=yes] [forward=NAME,...] [ready=COUNT WORD...] command=COUNT WORD...
#   entrypoint.sh ready|alive dir=DIR check-timeout=SECONDS [split=fixed:sync|async] [role=shared|sync|async [check=COUNT WORD...]...]...
#
# copy is another script beside this one, of which processes and checks run a copy too. What is early is the first to be stopped in a move, before anything else is waited
# for: it takes back that this pod has the role. dir comes first, the rest of the settings before the first role. A command is a count and that many words, because the kubelet puts values into arguments, and a value with a blank or a quote must stay one word.
#
# Exit status: 0 a stop that was asked for; 64 wrong input; 70 not ready in time, or a process had to be killed; else that of the process that ended.
#
# How a shell can be an init
# - A shell runs a trap only between two commands, and never while a foreground program runs. So the only thing this shell sleeps in is
#   `wait` for a sleeping child, the sentinel (see interruptible_sleep), and every trap kills the sentinel. A signal that comes just before the `wait` is
#   then not lost either: the sentinel is dead by the time it is waited for. Waiting for an event would miss it; waiting for a state cannot. (bash reads a pipe.)
# - What woke it does not matter. After each wake-up it looks at the world: flags set by traps, processes in /proc, the clock, the values.
# - A process is signalled by itself, never its group: a pool's children that get TERM beside their master lose their work.
# - What a process leaves behind when it ends becomes a child of PID 1, and is stopped like the process itself (see find_leftovers).
# - No `$(...)` and no `<(...)`: bash parses what is in them when it comes to them, and a trap that runs in there is a syntax error.
# - No `break` and no `continue`: from there to the end of the loop bash skips every command, those of a trap too, and a signal is lost.
# - Names begin with an underscore, because a variable that came in by the environment stays exported, and the processes' own must not change.

# --- Signals -----------------------------------------------------------------------------------------------------------------------------
# First of all, since the kernel drops a signal that PID 1 has no handler for.

wake() {
  _woken=yes _events=$((_events + 1))
  # KILL, because TERM is swallowed by a child that has not yet let go of the traps it was forked with.
  [ -z "$_sentinel" ] || kill -s KILL "$_sentinel" 2>/dev/null
  # Quietly, because dash forgets the status of what a second trap interrupts in the first, and comes here.
  [ -z "$_bash" ] || echo 2>/dev/null >&9
}

# bash, while it runs the trap of one signal in `wait`, loses what came with it: another one, or a child's status. It can sleep in `read` instead, from a pipe
# into which only traps write. The pipe outlives its pipeline, because this shell itself runs the last part of it and opens it once more.
hear_children() {
  _enough=1
  # shellcheck disable=SC3040,SC3044 # bash only
  if [ -n "${BASH_VERSION-}" ] && (set +o posix) && set +o posix && shopt -s lastpipe && : | exec 9<>/proc/self/fd/0 && : >&9; then
    _bash=yes _enough=4
  else
    trap wake CHLD
  fi
} 2>/dev/null

if [ "${1-}" = run ]; then
  _stop='' _forwards='' _woken='' _sentinel='' _bash='' _events=0
  # shellcheck disable=SC2064 # the name is to be put in now
  stop_on() { trap "_stop=\${_stop:-$1}; wake" "$1"; }
  # shellcheck disable=SC2064
  forward_on() { trap "_forwards=\"\$_forwards $1\"; wake" "$1"; }

  # A handler, not '': what is ignored would be ignored in every process too. Counted, because it can end a `wait` as well (see reap).
  count_on() { trap '_events=$((_events + 1))' "$@"; }

  stop_on TERM
  stop_on INT
  stop_on QUIT
  forward_on HUP # a stop, unless a process asks for it: known once the arguments are read
  count_on USR1 USR2 WINCH PIPE TSTP
  set +aCefmu # bash takes options from the environment too
  exec 3>&2 # for the log
  hear_children
fi

# --- Log ---------------------------------------------------------------------------------------------------------------------------------

_termination_log=/dev/termination-log _since=''

# When this script began.
{ read -r _uptime _idle; } 2>/dev/null </proc/uptime
_epoch=${_uptime%.*} _part=1${_uptime#*.} _now=0

# Hundredths of a second since this script began into _now: as of the last event logged, or the last look.
now() {
  read -r _uptime _idle </proc/uptime
  _now=$(((${_uptime%.*} - _epoch) * 100 + 1${_uptime#*.} - _part)) # 1NN, because 08 alone would be a broken octal
}

log() {
  now
  _fraction=$((_now % 100))
  [ "$_fraction" -gt 9 ] || _fraction=0$_fraction
  echo "logger=sync-async t=$((_now / 100)).$_fraction $*" >&3
}

# last_words REASON: for `kubectl describe pod`. What keeps the role label from being right is a part of them: see role-label.sh, which has written it down.
last_words() {
  _words=$1 _line='' _trouble=''
  [ -z "$_since" ] || { read -r _line _text _text _text _trouble; } 2>/dev/null <"$_dir/role-label"
  if [ -n "$_trouble" ] && [ "$_line" = "$_since" ]; then _words="$_words; $_trouble"; fi
  echo "$_words" 2>/dev/null >"$_termination_log"
}

# exit_with STATUS REASON
exit_with() {
  last_words "$2"
  log "event=end status=$1 reason=\"$_words\""
  exit "$1"
}
refuse() { exit_with 64 "$1"; }

# printable TEXT: the text into _text, or how long it is where it holds what a log line should not.
printable() {
  case $1 in
    *[!-+._0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ\ ]* | ?????????????????????*) _text="${#1} characters" ;;
    *) _text=$1 ;;
  esac
}

# --- The copy ----------------------------------------------------------------------------------------------------------------------------

# A mounted script can change under a running container. Everything from here on, the probes too, runs one copy of it, which nobody writes to: it gets its
# name only when it is whole. It is read with `.` and not by exec, which would drop the traps for a moment.
run_copy() {
  _copies='' _roles=''
  for _argument; do
    case $_roles$_argument in # after the first role there are no settings any more
      role=*) _roles='role=' ;;
      termination-log=*) _termination_log=${_argument#*=} ;;
      copy=*) _copies="$_copies ${_argument#*=}" ;;
    esac
  done
  if [ -z "$_epoch" ]; then
    now() { :; }
    refuse "/proc is not mounted, or cannot be read"
  fi
  for _program in cat mv sleep; do
    command -v "$_program" >/dev/null || refuse "$_program cannot be found in PATH ($PATH)"
  done
  _dir=${1#dir=}
  [ -d "$_dir" ] || refuse "'dir' ($_dir) is not a directory"
  true >"$_dir/entrypoint.new" || refuse "'dir' ($_dir) cannot be written to: it is read-only, belongs to another user, or is full"
  for _file in $_copies; do copy_file "${_script%/*}/$_file" "$_file"; done
  copy_file "$_script" entrypoint.sh
}

# copy_file FILE NAME
copy_file() {
  [ -e "$1" ] || refuse "$1 is missing: the ConfigMap that is mounted there does not hold it"
  cat "$1" >"$_dir/entrypoint.new" || refuse "cat could not copy $1 into 'dir' ($_dir), which may be full"
  mv -f "$_dir/entrypoint.new" "$_dir/$2" || refuse "mv could not give the copy its name in 'dir' ($_dir)"
}

if [ "${1-}" = run ]; then
  shift
  _script=$0
  run_copy "$@"
  set -- supervise "$@"
  # shellcheck source=/dev/null
  . "$_dir/entrypoint.sh"
  refuse "the copy in 'dir' ($_dir) could not be read"
fi

# --- Waiting -----------------------------------------------------------------------------------------------------------------------------

# fork COMMANDS: a child that runs them; its pid into _child. False when the pod is at its limit of processes: a failed fork ends a script, and
# what PID 1 holds with it, but it does not end a `command eval` (but for bash, which tries for half a minute and ends).
fork() { command eval "{ $1; } &" && _child=$!; }

# interruptible_sleep SECONDS: until something happens, or has happened since the last one, or the time is over (bash looks up sooner).
interruptible_sleep() {
  if [ -n "$_bash" ]; then
    # A dead child does not end a `read`, so the sleeps are short.
    # shellcheck disable=SC3045 # bash only
    if [ "$_phase" = running ]; then read -r -t 1 -u 9 _line; else read -r -t 0.1 -u 9 _line; fi
  elif fork "exec sleep $1 >/dev/null 3>&-"; then
    _sentinel=$_child
    [ -n "$_woken" ] || wait "$_sentinel"
    kill -s KILL "$_sentinel"
    reap "$_sentinel"
  else
    _awake_until=$((_now + 100))
    until [ -n "$_woken" ] || [ "$_now" -ge "$_awake_until" ]; do now; done
  fi
  _sentinel='' _woken=''
} 2>/dev/null # what shells tell of a child that was killed

# reap PID: the exit status of a child that has ended, or is about to, into _status.
reap() {
  _status='' _alike=0
  # What a wait says that a trap has ended may be of the signal and not of the child. bash says such a thing now and then of a signal before the wait.
  while [ "$_alike" -lt "$_enough" ]; do
    _seen=$_events
    wait "$1"
    _waited=$?
    if [ "$_waited" -ne 127 ] || [ -z "$_status" ]; then # 127: a status that has been told may be forgotten
      [ "$_waited" = "$_status" ] || _alike=0
      _status=$_waited
    fi
    [ "$_seen" != "$_events" ] || _alike=$((_alike + 1))
  done
} 2>/dev/null

# read_stat PID: the state and what follows it in /proc/PID/stat into _stat; nothing when there is no such process.
read_stat() {
  _stat=''
  # To the end of the file, though one line is the rule: a name may hold a newline, and what bash leaves unread turns up in its next read.
  { while IFS= read -r _line; do _stat="$_stat$_line "; done; } 2>/dev/null <"/proc/$1/stat"
  _stat=${_stat##*\) }
}

# gone PID: it has ended, reaped or not. (A zombie still answers `kill -0`.)
gone() {
  # What has ended is in no namespace. To ask that first takes one question, and the rest takes hundreds, because most shells read byte by byte.
  [ ! -e "/proc/$1/ns/mnt" ] || return
  read_stat "$1"
  case $_stat in
    '' | X*) ;;
    Z*)
      # A process whose first thread has ended looks like a zombie too, but cannot be waited for while it has others.
      # shellcheck disable=SC2086 # the fields are to be split
      set -- $_stat
      [ "${18}" -le 1 ]
      ;;
    *) return 1 ;; # a process that nobody may look into
  esac
}

# --- The state, as the probes see it -------------------------------------------------------------------------------------------------------

# state NAME SECONDS: what this container is doing, and for how long at most. False when nobody will see it.
state() {
  _phase=$1
  if ! { echo "$$ $_since $_role $1 $((_epoch + _now / 100 + $2)) $_sync" >"$_dir/state.new"; } 2>/dev/null || ! command eval 'mv -f "$_dir/state.new" "$_dir/state"'; then
    log "event=error reason=\"cannot write $_dir/state\""
    return 1
  fi
}

# started PID: when it was started, in the kernel's ticks, into _started_at, and its session into _session. With the pid the first names one life of one container.
started() {
  read_stat "$1"
  # shellcheck disable=SC2086 # the fields are to be split
  set -- $_stat
  _session=${4-} _started_at=${20-}
  [ -n "$_started_at" ]
}

# --- Arguments -----------------------------------------------------------------------------------------------------------------------------

# A process is a number. Its fields are variables with that number; `take` lays them out under their plain names, `put` changes one.
_fields='name start_timeout stop_delay stop_signal stop_timeout restart early forward ready command pid mark ready_by left spared asked kill_at killed due pause began'

take() {
  _process=$1
  for _field in $_fields; do eval "_$_field=\$_${_field}_$1"; done
}
put() { eval "_$1=\$2 _$1_$_process=\$2"; }

# number VALUE: digits, at most six, no leading zero (a shell reads 010 as eight).
number() {
  case $1 in
    '' | *[!0123456789]* | 0?* | ???????*) false ;;
  esac
}

# quote COUNT WORD...: the first COUNT words as one string that `eval` reads back as the same words, into _words.
quote() {
  _left=$1 _words=''
  shift
  while [ "$_left" -gt 0 ]; do
    _tail=$1 _quoted=''
    _head=${_tail%%\'*}
    while [ "$_head" != "$_tail" ]; do
      _quoted=$_quoted$_head"'\\''" _tail=${_tail#*\'}
      _head=${_tail%%\'*}
    done
    _words="$_words '$_quoted$_tail'" _left=$((_left - 1))
    shift
  done
}

# Reads every argument, and keeps what is shared and what belongs to this pod's role. Once more, when it has another role: then what is shared stays as it is.
read_arguments() {
  _process=${_shared:-0} _checks=0 _mine=''
  while [ $# -gt 0 ]; do
    _argument=$1 _value=${1#*=}
    shift
    case $_argument in
      command=* | ready=* | check=* | demand=*)
        { number "$_value" && [ "$_value" -gt 0 ] && [ "$_value" -le $# ]; } || refuse "'$_argument' must be followed by that many words"
        quote "$_value" "$@"
        shift "$_value"
        ;;
      *-timeout=* | *-delay=* | settle=* | demand-period=* | stabilization-window=*) number "$_value" || refuse "'$_argument' must be whole seconds" ;;
      restart=never | restart=always | early=yes) ;;
      stop-signal=TERM | stop-signal=INT | stop-signal=QUIT | stop-signal=HUP | stop-signal=USR1 | stop-signal=USR2 | stop-signal=WINCH) ;;
      restart=* | stop-signal=* | early=*) refuse "'$_argument' is not one of its values" ;;
    esac
    case $_argument in
      dir=*) _dir=$_value ;;
      values=*) _values=$_value ;;
      termination-log=*) _termination_log=$_value ;;
      copy=*) ;; # that was at the very beginning
      settle=*) _settle=$_value ;;
      check-timeout=*) _check_timeout=$_value ;;
      split=*) _split=$_value ;;
      demand=*) _demand=$_words ;;
      demand-period=*) _demand_period=$_value ;;
      demand-timeout=*) _demand_timeout=$_value ;;
      stabilization-window=*) _window=$_value ;;
      role=shared) [ -n "$_shared" ] || _mine=yes ;;
      role=sync | role=async)
        [ -n "$_role" ] || decide
        [ -n "$_shared" ] || _shared=$((_process + _checks)) # processes at a start, checks in a probe
        _mine=''
        [ "$_value" != "$_role" ] || _mine=yes
        ;;
      process=* | start-timeout=* | stop-delay=* | stop-signal=* | stop-timeout=* | restart=* | early=* | forward=* | ready=* | command=* | check=*)
        [ -z "$_mine" ] || keep "$_argument"
        ;;
      *) refuse "'$_argument' is not an argument of this script" ;;
    esac
  done
  _count=$_process _shared=${_shared:-0}
}

keep() {
  case $1 in
    process=*)
      _process=$((_process + 1))
      for _field in $_fields; do put "$_field" ''; done
      put name "$_value"
      put start_timeout 600
      put stop_delay 0
      put stop_signal TERM
      put stop_timeout 30
      put restart never
      ;;
    check=*) _checks=$((_checks + 1)) && eval "_check_$_checks=\$_words" ;;
    start-timeout=*) put start_timeout "$_value" ;;
    stop-delay=*) put stop_delay "$_value" ;;
    stop-signal=*) put stop_signal "$_value" ;;
    stop-timeout=*) put stop_timeout "$_value" ;;
    restart=*) put restart "$_value" ;;
    early=*) put early "$_value" ;;
    forward=*) put forward ",$_value," ;;
    ready=*) put ready "$_words" ;;
    command=*) put command "$_words" ;;
  esac
}

# --- The role ------------------------------------------------------------------------------------------------------------------------------

decide() {
  _ordinal=''
  case $_split,${POD_NAME-} in
    fixed:*) ;; # a pod of a Deployment has none: its name ends in letters, or in digits by chance
    *,*-*) _ordinal=${POD_NAME##*-} && number "$_ordinal" ;;
    *) false ;;
  esac || refuse "POD_NAME (${POD_NAME-}) must end in - and the pod's ordinal"
  _sync='' _n=1 _m=1 _is_between=''
  case $_split in
    none | fixed:sync | fixed:async) ;;
    count) read_count || refuse "$_problem" ;;
    count:*) _sync=${_split#*:} && number "$_sync" ;;
    share:*/*) _n=${_split#*:} _m=${_split#*/} _n=${_n%/*} && number "$_n" && number "$_m" && [ "$_m" -gt 0 ] ;;
    between:*/*) _n=${_split#*:} _m=${_split#*/} _n=${_n%/*} && number "$_n" && number "$_m" && [ "$_n" -lt "$_m" ] && [ -n "$_demand" ] ;;
    *) false ;;
  esac || refuse "'split' ($_split) must be none, count, count:N, share:N/M, fixed:sync, fixed:async, or between:MIN/MAX with a demand"
  case $_split in between:*) decide_between ;; esac
  choose_role
}

choose_role() {
  role_of_this_pod
  _role=$_found
  export_role
}

export_role() {
  export SYNC_ASYNC_ROLE="$_role" POD_ORDINAL="${POD_NAME##*-}"
  case $_split in fixed:*) unset POD_ORDINAL ;; esac
  if [ -n "$_sync" ]; then export SYNC_INSTANCE="$_sync"; else unset SYNC_INSTANCE; fi
}

# The role by _split and _sync into _found.
role_of_this_pod() {
  _found=async
  case $_split in
    none) _found=sync ;;
    fixed:*) _found=${_split#*:} ;;
    count*) [ "$_ordinal" -ge "$_sync" ] || _found=sync ;;
    between:*) [ "$_ordinal" -ge "${_sync:-$_n}" ] || _found=sync ;;
    share:*)
      # Ordinal i is sync when ceil((i+1)*n/m) is more than ceil(i*n/m): evenly spread, and exact for the first N pods, whatever N is.
      [ "$((((_ordinal + 1) * _n + _m - 1) / _m))" -le "$(((_ordinal * _n + _m - 1) / _m))" ] || _found=sync
      ;;
  esac
}

# The number in values/SYNC_INSTANCE into _sync; else says why not in _problem and leaves _sync as it was.
read_count() {
  _text='' _more='' _problem="$_values/SYNC_INSTANCE is missing"
  { _problem='' && IFS= read -r _text && IFS= read -r _more && _more='a second line'; } 2>/dev/null <"$_values/SYNC_INSTANCE"
  [ -z "$_problem" ] || return
  if [ -z "$_more" ] && number "$_text"; then
    _sync=$_text
    return
  fi
  printable "$_text"
  _problem="$_values/SYNC_INSTANCE ($_text${_more:+, and more lines}) must be a whole number of at most 6 digits without a leading zero"
  return 1
}

# Tells of _problem, once.
tell_problem() {
  [ "$_refused" = "$_problem" ] || log "event=refused reason=\"$_problem\""
  _refused=$_problem
}

# The number that counts now into _sync. What is bad or missing changes nothing.
follow_number() {
  case $_split in
    count) if read_count; then _refused=''; else tell_problem; fi ;;
    between:*)
      if [ -e "$_values/SYNC_INSTANCE" ]; then
        follow_pin
      elif [ -n "$_is_between" ]; then
        follow_demand
      else
        _sync=''
      fi
      ;;
  esac
}

# --- A number that follows a demand ----------------------------------------------------------------------------------------------------------
# Pods below the least number are synchronous, from the most on asynchronous. Those between ask a command, each by itself, for the number of synchronous pods.

# People win over programs: while SYNC_INSTANCE is there, it counts. When they let go, it counts like the last answer.
follow_pin() {
  if read_count; then _refused='' _answers=$_now:$_sync; else tell_problem; fi
  if [ -n "$_demand_pid" ]; then
    [ -n "$_late" ] || give_up_demand
    follow_demand
  fi
  _demand_at=$_now
}

# The first role: by the first answer, or else the number that this pod had before its container was started again, or else asynchronous.
decide_between() {
  [ "$_ordinal" -lt "$_n" ] || [ "$_ordinal" -ge "$_m" ] || _is_between=yes
  _answers='' _demand_pid='' _demand_at=0
  if [ -e "$_values/SYNC_INSTANCE" ]; then
    read_count || refuse "$_problem"
    _answers=$_now:$_sync
  elif [ -n "$_is_between" ]; then
    if { read -r _line _line _line _line _line _text; } 2>/dev/null <"$_dir/state" && number "$_text"; then _sync=$_text _answers=$_now:$_sync; fi
    follow_demand
    while [ -n "$_demand_pid" ] && [ -z "$_late$_stop" ]; do
      interruptible_sleep 1
      now
      follow_demand
    done
    # It says that it can never answer.
    [ "$_status" != 64 ] || refuse "$_problem"
  fi
}

# Runs the demand when it is time, and takes its answer when it has one. Never waits.
follow_demand() {
  if [ -z "$_demand_pid" ]; then
    [ "$_now" -ge "$_demand_at" ] || return
    _demand_at=$((_now + _demand_period * 100)) _late_at=$((_now + _demand_timeout * 100)) _late='' _status=''
    # The limit keeps the directory from filling up. The mark is for what it leaves behind.
    if fork "ulimit -f 128; export SYNC_ASYNC_SPAWN=$$.demand.; exec $_demand >\"\$_dir/demand\" 2>&3 3>&- 9>&-"; then
      _demand_pid=$_child
    else
      hold_number 'the demand could not be run: no fork'
    fi
  elif gone "$_demand_pid"; then
    reap "$_demand_pid"
    _demand_pid=''
    kill_rest_of_demand
    [ -n "$_late" ] || take_answer
  elif [ -z "$_late" ] && [ "$_now" -ge "$_late_at" ]; then
    give_up_demand
    hold_number "the demand gave no answer within $_demand_timeout s"
  fi
}

# An answer that still comes does not count.
give_up_demand() {
  _late=yes
  kill -s KILL "$_demand_pid" 2>/dev/null
}

# So that what hangs does not become more and more.
kill_rest_of_demand() {
  list_own
  list_children
  for _orphan in $_children; do
    case " $_own " in
      *" $_orphan "*) ;;
      *)
        read_environment "$_orphan"
        case $_environment in *"SYNC_ASYNC_SPAWN=$$.demand."*) kill -s KILL "$_orphan" 2>/dev/null ;; esac
        ;;
    esac
  done
}

take_answer() {
  _text=''
  [ "$_status" -ne 0 ] || read -r _text 2>/dev/null <"$_dir/demand"
  case $_text in -*) ! number "${_text#-}" || _text=0 ;; esac # less than nothing, as many a formula says
  if [ "$_status" -ne 0 ]; then
    hold_number "the demand ended with status $_status"
  elif ! number "$_text"; then
    printable "$_text"
    hold_number "the demand ($_text) must be a whole number of at most 6 digits without a leading zero"
  else
    [ "$_text" -ge "$_n" ] || _text=$_n
    [ "$_text" -le "$_m" ] || _text=$_m
    _was=$_sync
    count_answer "$_text"
    if [ "$_sync" != "$_was" ] || [ -n "$_refused" ]; then log "event=demand sync_instance=$_sync answer=$_text"; fi
    _refused=''
  fi
}

# hold_number REASON: no answer. The number stays, and counts as one.
hold_number() {
  _problem=$1
  tell_problem
  [ -z "$_sync" ] || count_answer "$_sync"
}

# count_answer NUMBER: the highest answer within the window is the number. So more is followed at once, and fewer when nothing else was asked for that long.
count_answer() {
  _earlier=$_answers _answers=''
  for _answer in $_earlier; do # TIME:NUMBER, the oldest first; those that are no higher than a later one are gone
    if [ "${_answer#*:}" -gt "$1" ] && [ $((_now - ${_answer%:*})) -lt $((_window * 100)) ]; then _answers="$_answers $_answer"; fi
  done
  _answers="$_answers $_now:$1"
  _sync=${_answers#*:} # the first one's
  _sync=${_sync%% *}
}

# --- Processes -----------------------------------------------------------------------------------------------------------------------------

# Background children of a shell start with INT and QUIT ignored. bash can undo that, other shells cannot: there an `env` of coreutils can, in front of the command.
find_launcher() {
  _launcher=''
  # shellcheck disable=SC2016 # for the child
  if fork 'trap - INT QUIT; exec cat /proc/self/status >"$_dir/signals" 3>&- 9>&-'; then
    _asking=$_child
    until gone "$_asking"; do interruptible_sleep 1; done
    read_masks "$_dir/signals"
    if in_mask INT "$_ignored"; then
      for _env in env /usr/bin/env; do # a busybox may have one of its own, which it prefers
        [ -n "$_launcher" ] || ! $_env --default-signal=INT,QUIT >/dev/null 2>&1 || _launcher="$_env --default-signal=INT,QUIT"
      done
    fi
  fi
}

# read_masks FILE: which signals a process ignores, and which it handles, as its /proc/PID/status says.
read_masks() {
  _text=''
  # In one go under bash, which goes back in a file after each line: the kernel writes it anew then, and other lines may have become longer.
  # shellcheck disable=SC3045 # bash only
  if [ -n "$_bash" ]; then IFS= read -r -d '' _text; else while IFS= read -r _line; do _text="$_text$_line "; done; fi 2>/dev/null <"$1"
  _ignored=${_text#*SigIgn:?} _caught=${_text#*SigCgt:?}
  _ignored=${_ignored%%[!0123456789abcdef]*} _caught=${_caught%%[!0123456789abcdef]*}
}

# in_mask SIGNAL MASK: one bit in hexadecimal digits.
in_mask() {
  case $1,$2 in
    INT,*[2367abef] | QUIT,*[4567cdef] | WINCH,*[89abcdef]??????) ;;
    *) return 1 ;;
  esac
}

# Starts the process that was taken.
spawn() {
  _spawned=$((_spawned + 1))
  if [ "$_process" -gt "$_shared" ]; then put mark "$$.role.$_spawned."; else put mark "$$.shared.$_spawned."; fi
  put began "$_now"
  put spared ''
  put asked ''
  put killed ''
  put due ''
  true 2>/dev/null >"$_dir/born.$_process" # empty: the one before it, or the container before this one, may have left a mark
  if fork become; then
    put pid "$_child"
    log "event=process-start process=$_name pid=$_pid"
  else
    log "event=error process=$_name reason=\"cannot fork\""
    put due $((_now + 100))
  fi
}
become() {
  # The shell has reset its traps by now. The file tells `await_birth` so: a signal that came earlier would have been swallowed by them.
  trap - INT QUIT
  [ -z "$_stop" ] || exit 0 # a stop between the last look and the fork starts nothing new
  echo born 2>/dev/null >"$_dir/born.$_process"
  export SYNC_ASYNC_SPAWN="$_mark" # for find_leftovers
  hide_role
  eval "exec $_launcher $_command 2>&3 3>&- 9>&-"
}

# From what both roles share: it would be wrong after a move.
hide_role() { [ "$_process" -gt "$_shared" ] || unset SYNC_ASYNC_ROLE SYNC_INSTANCE; }

# Until the process that was taken has let go of the traps of this shell. (A matter of a moment, unless somebody has cleared the directory.)
await_birth() {
  _patience=$((_now + 100))
  until [ -s "$_dir/born.$_process" ] || gone "$_pid" || [ "$_now" -ge "$_patience" ]; do now; done
}

# send SIGNAL PID: to the process that was taken, or something that it left behind.
send() {
  gone "$2" || kill -s "$1" "$2" 2>/dev/null || gone "$2" ||
    log "event=error process=$_name reason=\"pid $2 may not be signalled (EPERM): it runs as another user, and the container lacks the capability KILL\""
}

# ask PID: sends it the stop signal of the process that was taken, or TERM when nothing would come of that.
ask() {
  _chosen=$_stop_signal
  case $_chosen in
    INT | QUIT | WINCH)
      read_masks "/proc/$1/status"
      if [ "$_chosen" = WINCH ]; then
        in_mask WINCH "$_caught" || _chosen=TERM # ignored by all who do not handle it
      elif in_mask "$_chosen" "$_ignored"; then
        _chosen=TERM
      fi
      [ "$_chosen" = "$_stop_signal" ] || log "event=ignored process=$_name pid=$1 signal=$_stop_signal instead=$_chosen"
      ;;
  esac
  send "$_chosen" "$1"
}

# check COMMAND DEADLINE: runs it, for the process that was taken, to its end, but not past the deadline or past a reason to stop.
check() {
  _status='' _give_up_at=''
  # A mark that is no process': what a check leaves behind is nobody's.
  if fork "export SYNC_ASYNC_SPAWN=$$.check.; hide_role; exec $1 >/dev/null 2>&1 3>&- 9>&-"; then
    _checking=$_child
    until gone "$_checking"; do
      now
      if [ -n "$_give_up_at" ]; then
        if [ "$_now" -ge "$_give_up_at" ]; then
          log "event=error reason=\"a check outlives KILL, pid $_checking\""
          _abandoned="$_abandoned $_checking" _checking=''
          return 1
        fi
      elif [ "$_now" -ge "$2" ] || { [ "$_phase" = starting ] && ! look; }; then
        kill -s KILL "$_checking" 2>/dev/null
        _give_up_at=$((_now + 200))
      fi
      interruptible_sleep 1
    done
    reap "$_checking"
    _checking=''
  fi
  [ "$_status" = 0 ]
}

# --- What a process leaves behind ----------------------------------------------------------------------------------------------------------
# A process has ended when it and what it left behind have: a shell that dies of TERM leaves its program, a killed master its pool.

# Children of PID 1 into _children. Where the containers of a pod share one process namespace, PID 1 is not this shell, and orphans are not its children.
list_children() {
  _children=''
  if [ -e /proc/1/task/1/children ]; then
    read -r _children </proc/1/task/1/children
  else # a kernel without it
    for _path in /proc/[0-9]*; do
      read_stat "${_path#/proc/}"
      case $_stat in ?' 1 '*) _children="$_children ${_path#/proc/}" ;; esac
    done
  fi
} 2>/dev/null

# is_leftover PID: of the process that was taken, and still there.
is_leftover() {
  case " $_left " in
    *" $1 "*) ! gone "$1" ;;
    *) new_leftover "$1" ;;
  esac
}

# Brings the pids that the process that was taken has left behind up to date, in _left, and asks new ones to end if it was asked.
find_leftovers() {
  # What an orphan leaves behind when it ends is an orphan too: once more, until nothing has changed. Where that does not end, the next look goes on with it.
  _changed=yes _look_until=$((_now + 50))
  while [ -n "$_changed" ] && [ "$_now" -lt "$_look_until" ]; do
    _changed='' _still=''
    list_children
    list_own
    for _orphan in $_children; do
      if is_leftover "$_orphan"; then _still="$_still $_orphan"; fi
    done
    [ "$_still" = "$_left" ] || _changed=yes
    put left "$_still"
    now
  done
  [ -z "$_changed" ] || [ -n "$_left" ] || put left ' '
}

# new_leftover PID: whether it is one; it is told of, and asked to end if the process was.
new_leftover() {
  case " $_own $_spared " in *" $1 "*) return 1 ;; esac
  now
  if [ "$_now" -ge "$_look_until" ]; then
    _changed=yes
    return 1
  fi
  if gone "$1"; then
    put spared "$_spared $1"
    _changed=yes # it may have left something behind since the children were listed
    return 1
  fi
  if ! comes_from_taken "$1"; then
    [ -z "$_environment" ] || put spared "$_spared $1" # there is none in the moment of an exec
    return 1
  fi
  program_of "$1"
  log "event=leftover process=$_name pid=$1 program=\"$_text\""
  if [ -n "$_asked" ]; then
    await_exec "$1"
    ask "$1"
  fi
}

# await_exec PID: until it is a tenth of a second old. Between its fork and its exec it would take a signal as its parent does, and forget it.
await_exec() {
  if started "$1"; then
    until [ $(((_now + _epoch * 100 + _part - 100) - _started_at)) -ge 10 ]; do now; done
  fi
}

# program_of PID: its name into _text.
program_of() {
  _text=''
  read -r _text 2>/dev/null <"/proc/$1/comm"
  printable "$_text"
}

# This shell and the children that it has started itself, into _own.
list_own() {
  _own="$$ $_sentinel $_checking $_abandoned $_demand_pid" _other=0
  while [ "$_other" -lt "$_count" ]; do
    _other=$((_other + 1))
    eval "_own=\"\$_own \$_pid_$_other\""
  done
}

# comes_from_taken PID: by the mark in its environment, which every process passes on to what it starts. Where there is none, because it was cleared, written over
# or is not to be read, by its session: what `kubectl exec` starts, and leaves, has one of its own.
comes_from_taken() {
  read_environment "$1"
  case $_environment in
    *"SYNC_ASYNC_SPAWN=$_mark"*) ;;
    *SYNC_ASYNC_SPAWN=*) return 1 ;;
    *) started "$1" && [ "$_session" = "$_own_session" ] ;;
  esac
}

# read_environment PID: what it was started with into _environment; nothing in the moment of an exec, or when it is not to be read.
read_environment() {
  _environment=''
  # No shell keeps the NUL between two variables, but a mark has an end of its own.
  { while IFS= read -r _line || [ -n "$_line" ]; do _environment=$_environment$_line; done; } 2>/dev/null <"/proc/$1/environ"
}

# Whether a child of PID 1 might still do the work of a role that has been left; its pid into _remnant.
find_remnant() {
  list_children
  list_own
  for _remnant in $_children; do
    ! is_remnant "$_remnant" || return 0
  done
  return 1
}

# is_remnant PID: by the mark it came from a process of the role that has been left. Without one it is whoever was not there before the move.
is_remnant() {
  case " $_own $_harmless " in *" $1 "*) return 1 ;; esac
  ! gone "$1" || return 1
  read_environment "$1"
  case $_environment in
    *"SYNC_ASYNC_SPAWN=$$.role."*) return 0 ;;
    *SYNC_ASYNC_SPAWN=*) ;;
    *) case " $_before " in *" $1 "*) ;; *) return 0 ;; esac ;;
  esac
  _harmless="$_harmless $1"
  return 1
}

# --- Looking at the world --------------------------------------------------------------------------------------------------------------------

# look: does what is due; false when there is a reason to stop, or to move. Says in _idle_for how long nothing else will be due.
look() {
  _idle_for=$_idle_most
  attend
  [ -z "$_watches" ] || [ -n "$_reason" ] || watch_split
  [ -z "$_reason$_moved_to" ]
}

heed_stop() {
  if [ -z "$_reason" ] && [ -n "$_stop" ]; then
    _reason="stopped by $_stop"
    log "event=signal signal=$_stop"
  fi
}

# Whether the process that was taken is to run: not when all are stopped, and in a move only what is shared.
wanted() { [ -z "$_reason" ] && [ "$_process" -le "$_kept" ]; }

# Heeds and forwards signals, reaps processes that have ended, ends what they left behind, and starts again those that are due.
attend() {
  heed_stop
  _signals=$_forwards _forwards='' # in one command, because a trap can run between two
  now
  _each=0
  while [ "$_each" -lt "$_begun" ]; do
    _each=$((_each + 1))
    take "$_each"
    if [ -n "$_pid" ] && gone "$_pid"; then
      reap "$_pid"
      put pid ''
      log "event=exit process=$_name status=$_status"
      [ -n "$_asked" ] || ended
      find_leftovers
    elif [ -n "$_left" ]; then
      find_leftovers
    fi
    if [ -n "$_asked" ] && [ -n "$_pid$_left" ]; then
      [ "$_now" -lt "$_kill_at" ] || kill_taken
      if [ -z "$_reason" ] && [ "$_now" -ge $((_kill_at + 200)) ]; then
        _reason="what process $_name left behind outlives KILL" _exit=70
      fi
      _idle_for=1
    fi
    if [ -n "$_due" ] && [ -z "$_left" ] && wanted; then
      if [ "$_now" -ge "$_due" ]; then
        spawn
      else
        _remaining=$(((_due - _now + 99) / 100))
        [ "$_remaining" -ge "$_idle_for" ] || _idle_for=$_remaining
      fi
    fi
    for _signal in $_signals; do
      case $_forward in
        *,"$_signal",*)
          if [ -n "$_pid" ]; then
            log "event=forward signal=$_signal process=$_name"
            await_birth
            send "$_signal" "$_pid"
          fi
          ;;
      esac
    done
  done
}

# The process that was taken has ended, and nobody had asked it to.
ended() {
  if [ "$_restart" = always ]; then
    wanted || return
    if [ -z "$_pause" ] || [ $((_now - _began)) -ge 6000 ]; then put pause 1; else put pause $((_pause * 2)); fi
    [ "$_pause" -le 30 ] || put pause 30
    put due $((_now + _pause * 100))
    log "event=restart process=$_name in=$_pause"
    allow "$_stop_timeout" # what it left behind is not to meet the next one
  elif [ "$_status" != 0 ] || wanted; then
    # During a stop an end without fault is what is wanted. Otherwise a service that ends is a failure, whatever it says.
    _ending="process $_name ended with status $_status"
    _reason=${_reason:+$_reason; }$_ending
    [ "$_status" -ne 0 ] || _status=1
    [ "$_exit" -ne 0 ] || _exit=$_status
  fi
}

# allow SECONDS: for the process that was taken, and what it leaves behind, to end.
allow() {
  put asked yes
  put kill_at $((_now + $1 * 100))
}

# Ends what is there of the process that was taken, whose time is over.
kill_taken() {
  for _victim in $_pid $_left; do
    case " $_killed " in
      *" $_victim "*) ;;
      *) kill_one "$_victim" ;;
    esac
  done
}

# kill_one PID: the first one's end by force is told as the reason.
kill_one() {
  if [ -z "$_killed" ] && ! wanted; then
    _what="process $_name"
    [ -n "$_pid" ] || _what="what $_what left behind"
    _reason="${_reason:+$_reason; }$_what was killed after $_stop_timeout s"
    [ "$_exit" -ne 0 ] || _exit=70
  fi
  put killed "$_killed $1"
  log "event=kill process=$_name pid=$1"
  send KILL "$1"
}

watch_split() {
  follow_number
  role_of_this_pod
  [ "$_found" = "$_role" ] || _moved_to=$_found
}

# --- A life ----------------------------------------------------------------------------------------------------------------------------------

# Starts what does not run yet, each when the one before it is ready. False when there is a reason to stop, or to move.
start_all() {
  while look; do
    take "$_begun"
    if [ -n "$_ready_by" ]; then
      await_ready
    elif [ "$_begun" -lt "$_count" ]; then
      _begun=$((_begun + 1))
      take "$_begun"
      spawn
      [ -z "$_ready" ] || put ready_by $((_now + _start_timeout * 100))
    else
      return 0
    fi
  done
  return 1
}

# Until the process that was taken is ready, or there is a reason not to wait: its time being over is one.
await_ready() {
  _next=$_now
  while look && take "$_begun" && [ -n "$_ready_by" ]; do
    if [ "$_now" -ge "$_ready_by" ]; then
      _reason="process $_name was not ready within $_start_timeout s" _exit=70
    elif [ "$_now" -lt "$_next" ]; then
      interruptible_sleep 1
    else
      _deadline=$((_now + _check_timeout * 100))
      [ "$_deadline" -le "$_ready_by" ] || _deadline=$_ready_by
      if check "$_ready" "$_deadline"; then
        take "$_begun"
        log "event=ready process=$_name"
        put ready_by ''
      fi
      now
      _next=$((_now + 100))
    fi
  done
}

# Leaves the role, because the split gives this pod the other one. A warm move: what both roles share goes on, and with it the container. A cold one: _reason is set, so
# that the container ends, and the kubelet starts it again, in the other role. A move that has begun warm turns cold when something comes up.
move() {
  _move="moved from $_role to $_moved_to: SYNC_INSTANCE is $_sync" _cold='' _kept=$_shared
  list_children
  _before=$_children
  # Readiness has to be seen failing before the first server goes, or clients would still be sent to it. Nobody asks a pod that is not ready yet, or asynchronous.
  _unseen=0 _unnoticed=0
  if [ "$_role" = sync ]; then
    [ "$_phase" != running ] || _unseen=$_settle _unnoticed=1
    [ "$_begun" -le "$_shared" ] || _unnoticed=1
  fi
  if [ "$_shared" -eq 0 ]; then _cold='no process is shared'; fi
  if [ "$$" -ne 1 ]; then _cold='the entrypoint is not PID 1'; fi
  if [ -n "$_cold" ]; then
    _reason=$_move _kept=0
    state stopping $((_stop_time + _settle + 10))
    tell_move "kind=cold reason=\"$_cold\""
    be_noticed
    return
  fi

  state moving $((_stop_time + _settle + 12)) || _reason='its probes would not know of the move'
  tell_move kind=warm
  be_noticed
  stop_all
  # Those that clients of the old role talk to are to be asked by nobody any more when the new one begins.
  take "$_shared"
  pass $((_unnoticed * _stop_delay))
  await_no_remnant
  heed_stop
  if [ -n "$_reason" ]; then
    tell_move "kind=cold reason=\"$_reason\""
    _reason="$_move; $_reason"
    return
  fi
  _moved_to=''
  follow_number # the newest wins
  choose_role
  read_arguments "$@"
  settle_in
}

tell_move() { log "event=move from=$_role to=$_moved_to sync_instance=$_sync $1"; }

# Before the first server goes. What is early takes its time from that in which readiness is to be seen failing.
be_noticed() {
  _noticed_at=$((_now + _unseen * 100))
  take "$_begun"
  [ -z "$_early" ] || stop_last
  pass $(((_noticed_at - _now + 99) / 100))
}

# pass SECONDS: of a move, unless a stop or a death makes them pointless.
pass() {
  _limit=$((_now + $1 * 100)) _because=$_reason
  while [ "$_now" -lt "$_limit" ] && [ -z "$_stop" ] && [ "$_reason" = "$_because" ]; do
    interruptible_sleep 1
    attend
  done
}

# Never do both roles work at once: what might still do the old one's work gets two seconds to go.
await_no_remnant() {
  _limit=$((_now + 200)) _harmless=''
  while [ -z "$_stop$_reason" ] && find_remnant; do
    if [ "$_now" -lt "$_limit" ]; then
      interruptible_sleep 1
      attend
    else
      program_of "$_remnant"
      _reason="pid $_remnant ($_text) is left of role $_role"
    fi
  done
}

# Stops, in reverse order, what is not kept.
stop_all() {
  while [ "$_begun" -gt "$_kept" ]; do stop_last; done
}

stop_last() {
  attend
  take "$_begun"
  [ -z "$_pid$_left" ] || stop_one
  _begun=$((_begun - 1))
}

stop_one() {
  if [ -z "$_asked" ]; then # what a process left behind that is to be restarted has been asked already
    if [ -n "$_pid" ] && [ "$_stop_delay" -gt 0 ]; then
      log "event=stop-delay process=$_name seconds=$_stop_delay"
      ! until_ended $((_now + _stop_delay * 100)) || return
    fi
    ask_taken
  fi
  if ! until_ended $((_kill_at + 200)); then
    log "event=error reason=\"process $_name outlives KILL\""
    [ "$_exit" -ne 0 ] || _exit=70
  fi
}

# Asks the process that was taken to end, or what it has left behind.
ask_taken() {
  allow "$_stop_timeout"
  if [ -n "$_pid" ]; then
    log "event=stop-signal process=$_name signal=$_stop_signal"
    if [ "$_phase" = stopping ]; then
      # Not left behind by this end: they were there before. A move is the end of them too.
      list_children
      put spared "$_children"
    fi
    await_birth
    ask "$_pid"
  else
    for _orphan in $_left; do ask "$_orphan"; done
  fi
}

# until_ended TIME: whether the process that is being stopped has ended by then, and what it left behind, once that was asked too.
until_ended() {
  _limit=$1
  attend
  take "$_begun"
  while [ -n "$_pid${_asked:+$_left}" ] && [ "$_now" -lt "$_limit" ]; do
    interruptible_sleep 1
    attend
    take "$_begun"
  done
  [ -z "$_pid$_left" ]
}

# What follows from the processes of the role: signals, and times.
settle_in() {
  [ "$_count" -gt 0 ] || refuse "role $_role, that of $POD_NAME, has no process"
  _kept=$_count _start_time=0 _stop_time=0 _all_forwards=,
  while [ "$_process" -gt 0 ]; do
    take "$_process"
    if [ -n "$_ready" ] && { [ -n "$_ready_by" ] || [ "$_process" -gt "$_begun" ]; }; then _start_time=$((_start_time + _start_timeout)); fi
    _stop_time=$((_stop_time + _stop_delay + _stop_timeout))
    _all_forwards=$_all_forwards$_forward
    _process=$((_process - 1))
  done
  for _signal in USR1 USR2 WINCH; do
    case $_all_forwards in
      *,$_signal,*) forward_on "$_signal" ;;
      *) count_on "$_signal" ;;
    esac
  done
  case $_all_forwards in
    *,HUP,*) forward_on HUP ;;
    *)
      stop_on HUP
      case $_forwards in *HUP*) _stop=${_stop:-HUP} ;; esac
      ;;
  esac
}

supervise() {
  [ -z "$_bash" ] || exec 2>/dev/null # bash tells of every child that was killed, whoever waits for it
  _split='' _values='' _settle=0 _check_timeout=5 _role='' _shared='' _demand='' _demand_period=15 _demand_timeout=10 _window=300 _demand_pid='' _late=''
  _begun=0 _count=0 _spawned=0 _checking='' _abandoned='' _reason='' _exit=0 _refused='' _moved_to=''
  _phase=starting
  read_arguments "$@"
  [ -n "$_role" ] || decide
  settle_in
  case $_split in
    count | between:*) _watches=yes _idle_most=1 ;;
    *) _watches='' _idle_most=3600 ;; # nothing needs a clock
  esac

  started $$
  _since=$_started_at _own_session=$_session
  find_launcher
  while [ -z "$_reason" ]; do
    state starting $((_start_time + 10))
    log "event=start role=$_role${_ordinal:+ ordinal=$_ordinal} split=$_split${_sync:+ sync_instance=$_sync}"
    if start_all; then
      state running 0
      log event=running
      while look; do interruptible_sleep "$_idle_for"; done
    fi
    [ -n "$_reason" ] || move "$@"
  done
  _kept=0
  [ "$_phase" = stopping ] || state stopping $((_stop_time + 10))
  log "event=stop reason=\"$_reason\""
  last_words "$_reason"
  stop_all
  exit_with "$_exit" "$_reason"
}

# --- Probes ----------------------------------------------------------------------------------------------------------------------------------

# unwell MESSAGE: what the kubelet shows of a failed probe.
unwell() {
  echo "$1"
  exit 1
}

probe() {
  exec 3>&2
  _mode=$1 _split='' _role=none _shared='' _phase=absent _woken='' _sentinel='' _bash='' _events=0 _abandoned='' _termination_log=/dev/null
  shift
  if ! { read -r _pid _since _role _phase _until _sync; } 2>/dev/null <"${1#dir=}/state" || ! started "$_pid" || [ "$_since" != "$_started_at" ]; then
    _phase=absent # or the state was left by a container before this one
  fi
  case $_mode,$_phase in
    *,running) ;;
    alive,absent) exit 0 ;;
    alive,*)
      [ "$_epoch" -le "$_until" ] || unwell "$_phase for longer than its timeouts allow"
      exit 0
      ;;
    *) unwell "$_phase" ;;
  esac
  read_arguments "$@"
  export_role # a check sees the same variables here as at the start
  _deadline=$((_check_timeout * 100 - 100)) _phase=probing
  hear_children
  _process=1 # a check's number here
  while [ "$_process" -lt "$_checks" ]; do
    eval "_words=\$_check_$_process"
    check "$_words" "$_deadline" || unwell "check $_process of $_checks failed:$_words"
    _process=$((_process + 1))
  done
  [ "$_checks" -gt 0 ] || exit 0
  # exec, so that the kubelet's timeout ends the check itself and nobody is left to hold its output open.
  export SYNC_ASYNC_SPAWN=$$.check.
  hide_role
  eval "_words=\$_check_$_checks"
  eval "exec $_words 3>&- 9>&-"
}

# ---------------------------------------------------------------------------------------------------------------------------------------------

case ${1-} in
  supervise)
    shift
    supervise "$@"
    ;;
  ready | alive) probe "$@" ;;
  *)
    echo "entrypoint.sh: the first argument (${1-}) must be run, ready or alive" >&2
    exit 64
    ;;
esac
