#!/bin/sh
# shellcheck disable=SC2154 # the fields of a process are set by `take`
# shellcheck disable=SC2317 # what a trap calls looks unreachable
#
# PID 1 of a pod whose ordinal decides its role. It starts the processes of that role in order, watches them, and stops them in reverse order, giving each
# the time to finish what it holds. Everything it needs to know comes in as arguments. It needs a POSIX sh, sleep, cat, mv, /proc, and a writable directory.
#
#   entrypoint.sh run dir=DIR split=SPLIT values=DIR settle=SECONDS check-timeout=SECONDS [termination-log=FILE] ROLE...
#       SPLIT    none | count (read from values/SYNC_INSTANCE and watched) | count:N | share:N/M
#       ROLE     role=sync|async PROCESS...
#       PROCESS  process=NAME [start-timeout=SECONDS] [stop-delay=SECONDS] [stop-signal=NAME] [stop-timeout=SECONDS] [restart=never|always]
#                [forward=NAME,...] [ready=COUNT WORD...] command=COUNT WORD...
#   entrypoint.sh ready|alive dir=DIR check-timeout=SECONDS [role=sync|async [check=COUNT WORD...]...]...
#
# dir comes first, the rest of the settings before the first role. A command is a count and that many words, because the kubelet puts values into arguments, and a value with a blank or a quote must stay one word.
#
# Exit status: 0 a stop that was asked for; 64 wrong input; 70 not ready in time, or a process had to be killed; else that of the process that ended.
#
# How a shell can be an init
# - A shell runs a trap only between two commands, and never while a foreground program runs. So the only thing this shell sleeps in is
#   `wait` for a sleeping child, the sentinel (see nap), and every trap kills the sentinel. A signal that comes just before the `wait` is then not lost
#   either: the sentinel is dead by the time it is waited for. Waiting for an event would miss it; waiting for a state cannot. (A bash reads a pipe.)
# - What woke it does not matter. After each wake-up it looks at the world: flags set by traps, processes in /proc, the clock, the values.
# - A process is signalled by itself, never its group: a pool's children that get TERM beside their master lose their work.
# - There is no `return` and no `continue`, because a yash forgets the trap of a signal that comes at one, and the `return` too.
# - Names begin with an underscore, because a variable that came in by the environment stays exported, and the processes' own must not change.

# --- Listening ---------------------------------------------------------------------------------------------------------------------------
# First of all, since the kernel drops a signal that PID 1 has no handler for.

wake() {
  _woken=yes _events=$((_events + 1))
  # KILL, because TERM is swallowed by a child that has not yet let go of the traps it was forked with.
  [ -z "$_sentinel" ] || kill -s KILL "$_sentinel" 2>/dev/null
  [ -z "$_bash" ] || echo >&9
}

# A bash in `wait` jumps out of a signal's handler, which loses what came with the signal: another one, or a child's status. It can sleep in `read` instead,
# from a pipe into which only traps write.
hear_children() {
  _enough=1
  # shellcheck disable=SC3040 # bash only
  if [ -n "${BASH_VERSION-}" ] && (set +o posix) 2>/dev/null && set +o posix && eval 'exec 9<> <(:)'; then
    _bash=yes _enough=4
  else
    trap wake CHLD
  fi
}

if [ "${1-}" = run ]; then
  _stop='' _forwards='' _woken='' _sentinel='' _bash='' _events=0
  # shellcheck disable=SC2064 # the name is to be put in now
  stop_on() { trap "_stop=\${_stop:-$1}; wake" "$1"; }
  # shellcheck disable=SC2064
  forward_on() { trap "_forwards=\"\$_forwards $1\"; wake" "$1"; }

  stop_on TERM
  stop_on INT
  stop_on QUIT
  forward_on HUP # a stop, unless a process asks for it: known once the arguments are read
  # A handler, not '': what is ignored would be ignored in every process too. Counted, because it can end a `wait` as well (see collect).
  trap '_events=$((_events + 1))' USR1 USR2 WINCH PIPE TSTP
  exec 3>&2 # for the log
  hear_children

  # A mounted script can change under a running container. Everything from here on, the probes too, runs one copy of it, which nobody writes to:
  # it gets its name only when it is whole. It is read with `.` and not by exec, which would drop the traps for a moment.
  _dir=${2#dir=}
  if cat "$0" >"$_dir/entrypoint.new" && mv -f "$_dir/entrypoint.new" "$_dir/entrypoint.sh"; then
    shift
    set -- supervise "$@"
    # shellcheck source=/dev/null
    . "$_dir/entrypoint.sh"
  fi
  echo "entrypoint.sh: could not copy itself with cat and mv into 'dir' ($2), which must be a writable directory" >&2
  exit 64
fi

# --- Telling -----------------------------------------------------------------------------------------------------------------------------

_termination_log=/dev/termination-log

# Hundredths of a second since this script began into _now: as of the last event logged, or the last look. (Small, because an mksh counts in 32 bits.)
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

# conclude STATUS REASON: the last words, also for `kubectl describe pod`.
conclude() {
  echo "$2" 2>/dev/null >"$_termination_log"
  log "event=end status=$1 reason=\"$2\""
  exit "$1"
}
refuse() { conclude 64 "$1"; }

# --- Waiting -----------------------------------------------------------------------------------------------------------------------------

# fork COMMANDS: a child that runs them; its pid into _child. False when the pod is at its limit of processes: a failed fork ends a script, and
# what PID 1 holds with it, but it does not end a `command eval` (but for bash, which tries for half a minute and ends).
fork() { command eval "{ $1; } &" && _child=$!; }

# nap SECONDS: sleeps, unless something has happened since the last nap, until something happens or the time is over (a bash looks up sooner).
nap() {
  if [ -n "$_bash" ]; then
    # A dead child does not end a `read`, so the naps are short.
    # shellcheck disable=SC3045 # bash only
    if [ "$_phase" = running ]; then read -r -t 1 -u 9 _line; else read -r -t 0.1 -u 9 _line; fi
  elif fork "exec sleep $1 >/dev/null 3>&-"; then
    _sentinel=$_child
    [ -n "$_woken" ] || wait "$_sentinel"
    kill -s KILL "$_sentinel"
    collect "$_sentinel"
  else
    _limit_of_nap=$((_now + 100))
    until [ -n "$_woken" ] || [ "$_now" -ge "$_limit_of_nap" ]; do now; done
  fi
  _sentinel='' _woken=''
} 2>/dev/null # what shells tell of a child that was killed

# collect PID: the exit status of a child that has ended, or is about to, into _status.
collect() {
  _status='' _alike=0
  # What a wait says that a trap has ended may be of the signal and not of the child. A bash says such a thing now and then of a signal before the wait.
  while [ "$_alike" -lt "$_enough" ]; do
    _seen=$_events
    wait "$1"
    _waited=$?
    if [ "$_waited" -ne 127 ] || [ -z "$_status" ]; then # 127: some shells tell a status only once
      [ "$_waited" = "$_status" ] || _alike=0
      _status=$_waited
    fi
    [ "$_seen" != "$_events" ] || _alike=$((_alike + 1))
  done
  case $_status in
    38[4-9] | 39? | 4??) _status=$((_status - 256)) ;; # yash's way to say "killed by a signal"
    2[6-9]? | 25[6-9] | 3??) _status=$((_status - 128)) ;; # ksh93's
  esac
} 2>/dev/null

# kernel PID: the state and what follows it in /proc/PID/stat into _kernel; nothing when there is no such process.
kernel() {
  _kernel=''
  # To the end of the file, though one line is the rule: a name may hold a newline, and what a bash leaves unread turns up in its next read.
  { while IFS= read -r _line; do _kernel="$_kernel$_line "; done; } 2>/dev/null <"/proc/$1/stat"
  _kernel=${_kernel##*\) }
}

# gone PID: it has ended, reaped or not. (A zombie still answers `kill -0`.)
gone() {
  # What has ended is in no namespace. To ask that first takes one question, and the rest takes hundreds, because most shells read byte by byte.
  if [ -e "/proc/$1/ns/mnt" ]; then false; else
    kernel "$1"
    case $_kernel in
      '' | X*) ;;
      Z*)
        # A process whose first thread has ended looks like a zombie too, but cannot be waited for while it has others.
        # shellcheck disable=SC2086 # the fields are to be split
        set -- $_kernel
        [ "${18}" -le 1 ]
        ;;
      *) false ;; # a process that nobody may look into
    esac
  fi
}

# --- The state, as the probes see it -------------------------------------------------------------------------------------------------------

# state NAME SECONDS: what this container is doing, and for how long at most.
state() {
  _phase=$1
  if ! echo "$$ $_since $_role $1 $((_epoch + _now / 100 + $2)) $_sync" >"$_dir/state.new" || ! command eval 'mv -f "$_dir/state.new" "$_dir/state"'; then
    log "event=error reason=\"cannot write $_dir/state\""
  fi
}

# started PID: when it was started, in the kernel's ticks, into _started_at. With the pid it names one life of one container.
started() {
  kernel "$1"
  # shellcheck disable=SC2086 # the fields are to be split
  set -- $_kernel
  _started_at=${20-}
  [ -n "$_started_at" ]
}

# --- Arguments -----------------------------------------------------------------------------------------------------------------------------

# A process is a number. Its fields are variables with that number; `take` lays them out under their plain names, `put` changes one.
_fields='name start_timeout stop_delay stop_signal stop_timeout restart forward ready command pid asked due pause began'

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
    while :; do
      case $_tail in
        *\'*) _quoted=$_quoted${_tail%%\'*}"'\\''" _tail=${_tail#*\'} ;;
        *) break ;;
      esac
    done
    _words="$_words '$_quoted$_tail'" _left=$((_left - 1))
    shift
  done
}

# Reads every argument, and keeps what belongs to this pod's role.
read_arguments() {
  _count=0 _checks=0 _mine='' _process=0
  while [ $# -gt 0 ]; do
    _argument=$1 _value=${1#*=}
    shift
    case $_argument in
      command=* | ready=* | check=*)
        { number "$_value" && [ "$_value" -gt 0 ] && [ "$_value" -le $# ]; } || refuse "'$_argument' must be followed by that many words"
        quote "$_value" "$@"
        shift "$_value"
        ;;
      *-timeout=* | *-delay=* | settle=*) number "$_value" || refuse "'$_argument' must be whole seconds" ;;
      restart=never | restart=always) ;;
      stop-signal=TERM | stop-signal=INT | stop-signal=QUIT | stop-signal=HUP | stop-signal=USR1 | stop-signal=USR2 | stop-signal=WINCH) ;;
      restart=* | stop-signal=*) refuse "'$_argument' is not one of its values" ;;
    esac
    case $_argument in
      dir=*) _dir=$_value ;;
      values=*) _values=$_value ;;
      termination-log=*) _termination_log=$_value ;;
      settle=*) _settle=$_value ;;
      check-timeout=*) _check_timeout=$_value ;;
      split=*) _split=$_value ;;
      role=sync | role=async)
        [ -n "${_role-}" ] || decide
        _mine=''
        [ "$_value" != "$_role" ] || _mine=yes
        ;;
      process=* | start-timeout=* | stop-delay=* | stop-signal=* | stop-timeout=* | restart=* | forward=* | ready=* | command=* | check=*)
        [ -z "$_mine" ] || keep "$_argument"
        ;;
      *) refuse "'$_argument' is not an argument of this script" ;;
    esac
  done
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
    forward=*) put forward ",$_value," ;;
    ready=*) put ready "$_words" ;;
    command=*) put command "$_words" && _count=$_process ;;
  esac
}

# --- The role ------------------------------------------------------------------------------------------------------------------------------

decide() {
  _ordinal=${POD_NAME##*-}
  case ${POD_NAME-} in
    *-*) number "$_ordinal" ;;
    *) false ;;
  esac || refuse "POD_NAME (${POD_NAME-}) must end in - and the pod's ordinal"
  _sync='' _n=1 _m=1
  case $_split in
    none) ;;
    count) read_count || refuse "$_problem" ;;
    count:*) _sync=${_split#*:} && number "$_sync" ;;
    share:*/*) _n=${_split#*:} _m=${_split#*/} _n=${_n%/*} && number "$_n" && number "$_m" && [ "$_m" -gt 0 ] ;;
    *) false ;;
  esac || refuse "'split' ($_split) must be none, count, count:N or share:N/M"
  role_of_this_pod
  _role=$_found
  export_role
}

export_role() {
  export SYNC_ASYNC_ROLE="$_role" POD_ORDINAL="${POD_NAME##*-}"
  [ -z "$_sync" ] || export SYNC_INSTANCE="$_sync"
}

# The role by _split and _sync into _found.
role_of_this_pod() {
  _found=async
  case $_split in
    none) _found=sync ;;
    count*) [ "$_ordinal" -ge "$_sync" ] || _found=sync ;;
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
  if [ -z "$_problem" ] && [ -z "$_more" ] && number "$_text"; then
    _sync=$_text
  elif [ -z "$_problem" ]; then
    case $_text in
      *[!-+._0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ\ ]* | ?????????????????????*) _text="${#_text} characters" ;;
    esac
    _problem="$_values/SYNC_INSTANCE ($_text${_more:+, and more lines}) must be a whole number of at most 6 digits without a leading zero"
  fi
  [ -z "$_problem" ]
}

# --- Processes -----------------------------------------------------------------------------------------------------------------------------

# Background children of a shell start with INT and QUIT ignored, and most shells cannot undo that (bash, mksh and yash can): ask a program that was started so.
find_launcher() {
  _launcher=''
  if fork show_signals; then
    _asking=$_child
    until gone "$_asking"; do nap 1; done
    ! deaf || find_env
  fi
}
show_signals() {
  trap - INT QUIT
  exec cat /proc/self/status >"$_dir/deaf" 3>&- 9>&-
}
# INT is bit 1 and QUIT bit 2 of the last hexadecimal digit.
deaf() {
  _ignored=''
  while read -r _key _mask; do
    [ "$_key" != SigIgn: ] || _ignored=$_mask
  done <"$_dir/deaf"
  case $_ignored in *[0189]) false ;; esac
}
find_env() {
  for _env in env /usr/bin/env; do # a busybox may have one of its own, which it prefers
    [ -n "$_launcher" ] || ! $_env --default-signal=INT,QUIT >/dev/null 2>&1 || _launcher="$_env --default-signal=INT,QUIT"
  done
  _process=0
  while [ -z "$_launcher" ] && [ "$_process" -lt "$_count" ]; do
    take $((_process + 1))
    case $_stop_signal in
      INT | QUIT) refuse "$_stop_signal cannot reach process $_name: this shell starts it with $_stop_signal ignored, and there is no env with --default-signal" ;;
    esac
  done
}

# Starts the process that was taken.
spawn() {
  put began "$_now"
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
  # The shell has reset its traps by now. The file tells `signal` so: a signal that came earlier would have been swallowed by them.
  trap - INT QUIT
  [ -z "$_stop" ] || exit 0 # a stop between the last look and the fork starts nothing new
  echo born >"$_dir/born.$_process" || exit 70
  eval "exec $_launcher $_command 2>&3 3>&- 9>&-"
}

# signal NAME: to the process that was taken. (Its mark is a matter of a moment, unless somebody has cleared the directory.)
signal() {
  _patience=$((_now + 100))
  until [ -s "$_dir/born.$_process" ] || gone "$_pid" || [ "$_now" -ge "$_patience" ]; do now; done
  gone "$_pid" || kill -s "$1" "$_pid" 2>/dev/null
}

# check COMMAND DEADLINE: runs it to its end, but not past the deadline or past a reason to stop.
check() {
  _status=''
  if fork "exec $1 >/dev/null 2>&1 3>&- 9>&-"; then
    _checking=$_child
    until gone "$_checking"; do
      now
      if [ "$_now" -ge "$2" ] || { [ "$_phase" = starting ] && ! look; }; then
        kill -s KILL "$_checking" 2>/dev/null
      fi
      nap 1
    done
    collect "$_checking"
  fi
  [ "$_status" = 0 ]
}

# --- Looking at the world --------------------------------------------------------------------------------------------------------------------

# look: does what is due; false when there is a reason to stop. Says in _idle_for how long nothing else will be due.
look() {
  _idle_for=$_idle_most
  if [ -z "$_reason" ] && [ -n "$_stop" ]; then
    _reason="stopped by $_stop"
    log "event=signal signal=$_stop"
  fi
  attend
  [ "$_split" != count ] || [ -n "$_reason" ] || watch_split
  [ -z "$_reason" ]
}

# Forwards signals, takes the status of processes that have ended, and starts again those that are due.
attend() {
  _signals=$_forwards _forwards='' # in one command, because a trap can run between two
  now
  _each=0
  while [ "$_each" -lt "$_begun" ]; do
    _each=$((_each + 1))
    take "$_each"
    if [ -n "$_pid" ] && gone "$_pid"; then
      collect "$_pid"
      put pid ''
      log "event=exit process=$_name status=$_status"
      [ -n "$_asked" ] || ended
    fi
    if [ -n "$_due" ] && [ "$_phase" != stopping ] && [ -z "$_reason" ]; then
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
            signal "$_signal"
          fi
          ;;
      esac
    done
  done
}

# The process that was taken has ended, and nobody had asked it to.
ended() {
  if [ "$_restart" = always ]; then
    if [ "$_phase" != stopping ] && [ -z "$_reason" ]; then
      if [ -z "$_pause" ] || [ $((_now - _began)) -ge 6000 ]; then put pause 1; else put pause $((_pause * 2)); fi
      [ "$_pause" -le 30 ] || put pause 30
      put due $((_now + _pause * 100))
      log "event=restart process=$_name in=$_pause"
    fi
  elif [ "$_status" != 0 ] || [ -z "$_reason" ]; then
    # During a stop an end without fault is what is wanted. Otherwise a service that ends is a failure, whatever it says.
    _ending="process $_name ended with status $_status"
    _reason=${_reason:+$_reason; }$_ending
    [ "$_status" -ne 0 ] || _status=1
    [ "$_exit" -ne 0 ] || _exit=$_status
  fi
}

watch_split() {
  if read_count; then
    role_of_this_pod
    if [ "$_found" = "$_role" ]; then _refused=''; else
      _reason="moved from $_role to $_found: SYNC_INSTANCE is $_sync"
      _moved_to=$_found
    fi
  elif [ "$_refused" != "$_problem" ]; then
    _refused=$_problem
    log "event=refused reason=\"$_problem\""
  fi
}

# --- A life ----------------------------------------------------------------------------------------------------------------------------------

start_all() {
  while [ "$_begun" -lt "$_count" ] && look; do
    _begun=$((_begun + 1))
    take "$_begun"
    spawn
    [ -z "$_ready" ] || await_ready
  done
  look
}

# Until the process that was taken is ready, or there is a reason to stop: its time being over is one.
await_ready() {
  _limit=$((_now + _start_timeout * 100)) _next=$_now _is_ready=''
  while [ -z "$_is_ready" ] && look; do
    take "$_begun"
    if [ "$_now" -ge "$_limit" ]; then
      _reason="process $_name was not ready within $_start_timeout s" _exit=70
    elif [ "$_now" -lt "$_next" ]; then
      nap 1
    else
      _deadline=$((_now + _check_timeout * 100))
      [ "$_deadline" -le "$_limit" ] || _deadline=$_limit
      if check "$_ready" "$_deadline"; then
        take "$_begun"
        log "event=ready process=$_name"
        _is_ready=yes
      fi
      now
      _next=$((_now + 100))
    fi
  done
}

# Readiness has to be seen failing before a server of the old role goes, or clients would still be sent to it. A stop signal or a death ends the wait.
leave_role() {
  log "event=move from=$_role to=$_moved_to sync_instance=$_sync"
  _limit=$((_now + _settle * 100)) _because=$_reason
  while [ "$_now" -lt "$_limit" ] && [ -z "$_stop" ] && [ "$_reason" = "$_because" ]; do
    nap 1
    attend
  done
}

stop_all() {
  log "event=stop reason=\"$_reason\""
  echo "$_reason" 2>/dev/null >"$_termination_log"
  while [ "$_begun" -gt 0 ]; do
    attend
    take "$_begun"
    [ -z "$_pid" ] || stop_one
    _begun=$((_begun - 1))
  done
}

stop_one() {
  if [ "$_stop_delay" -gt 0 ]; then
    log "event=stop-delay process=$_name seconds=$_stop_delay"
    until_gone "$_stop_delay"
  fi
  if [ -n "$_pid" ]; then
    put asked yes
    log "event=stop-signal process=$_name signal=$_stop_signal"
    signal "$_stop_signal"
    until_gone "$_stop_timeout" || kill_one
  fi
}

kill_one() {
  log "event=kill process=$_name"
  _reason="$_reason; process $_name was killed after $_stop_timeout s"
  [ "$_exit" -ne 0 ] || _exit=70
  kill -s KILL "$_pid" 2>/dev/null
  until_gone 2 || log "event=error reason=\"process $_name outlives KILL\""
}

# until_gone SECONDS: false when the process that is being stopped is still there after that time.
until_gone() {
  _limit=$((_now + $1 * 100))
  while [ -n "$_pid" ] && [ "$_now" -lt "$_limit" ]; do
    nap 1
    attend
    take "$_begun"
  done
  [ -z "$_pid" ]
}

supervise() {
  [ -z "$_bash" ] || exec 2>/dev/null # a bash tells of every child that was killed, whoever waits for it
  _split='' _values='' _settle=0 _check_timeout=5 _role=''
  _begun=0 _reason='' _exit=0 _refused='' _moved_to=''
  _phase=starting
  read_arguments "$@"
  [ -n "$_role" ] || decide
  [ "$_count" -gt 0 ] || refuse "role $_role, that of $POD_NAME, has no process"
  _start_time=0 _stop_time=0 _all_forwards=,
  while [ "$_process" -gt 0 ]; do
    take "$_process"
    [ -z "$_ready" ] || _start_time=$((_start_time + _start_timeout))
    _stop_time=$((_stop_time + _stop_delay + _stop_timeout))
    _all_forwards=$_all_forwards$_forward
    _process=$((_process - 1))
  done
  for _signal in USR1 USR2 WINCH; do
    case $_all_forwards in *,$_signal,*) forward_on "$_signal" ;; esac
  done
  case $_all_forwards in
    *,HUP,*) ;;
    *)
      stop_on HUP
      case $_forwards in *HUP*) _stop=${_stop:-HUP} ;; esac
      ;;
  esac
  # Without a file to watch nothing needs a clock, but in a ksh93, where a dead child does not end a `wait`, and an mksh, which can miss a signal just as it falls asleep.
  _idle_most=3600
  [ "$_split" != count ] || _idle_most=5
  [ -z "${KSH_VERSION-}" ] || _idle_most=5

  command -v sleep >/dev/null || refuse "sleep, which this script waits with, cannot be run"
  started $$
  _since=$_started_at
  state starting $((_start_time + 10))
  log "event=start role=$_role ordinal=$_ordinal split=$_split${_sync:+ sync_instance=$_sync}"
  find_launcher
  if start_all; then
    state running 0
    log event=running
    while look; do nap "$_idle_for"; done
  fi
  state stopping $((_stop_time + _settle + 10))
  [ -z "$_moved_to" ] || leave_role
  stop_all
  conclude "$_exit" "$_reason"
}

# --- Probes ----------------------------------------------------------------------------------------------------------------------------------

# unwell MESSAGE: what the kubelet shows of a failed probe.
unwell() {
  echo "$1"
  exit 1
}

probe() {
  exec 3>&2
  _mode=$1 _role=none _phase=absent _woken='' _sentinel='' _bash='' _events=0 _termination_log=/dev/null
  shift
  if { read -r _pid _since _role _phase _until _sync; } 2>/dev/null <"${1#dir=}/state" && started "$_pid" && [ "$_since" = "$_started_at" ]; then
    export_role # a check sees the same variables here as at the start
  else
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
  _deadline=$((_check_timeout * 100 - 100)) _phase=probing
  hear_children
  _each=1
  while [ "$_each" -lt "$_checks" ]; do
    eval "_words=\$_check_$_each"
    check "$_words" "$_deadline" || unwell "check $_each of $_checks failed:$_words"
    _each=$((_each + 1))
  done
  [ "$_checks" -gt 0 ] || exit 0
  # exec, so that the kubelet's timeout ends the check itself and nobody is left to hold its output open.
  eval "_words=\$_check_$_checks"
  eval "exec $_words 3>&- 9>&-"
}

# ---------------------------------------------------------------------------------------------------------------------------------------------

read -r _uptime _idle </proc/uptime
_epoch=${_uptime%.*} _part=1${_uptime#*.} _now=0
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
