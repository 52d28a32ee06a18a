#!/bin/sh
# shellcheck disable=SC2317 # what a trap calls looks unreachable
#
# Keeps the label by which Kubernetes' own tools know the role of this pod: cdk8s-sync-async/role, sync or async. It is a registrar whose registry is the API server, and a
# process of each role, run by entrypoint.sh. In the synchronous role it is the last one: it sets the label when everything is ready, and takes it away as the first act of a
# stop or a move. In the asynchronous one it is the first, and takes nothing away: there the label is right until the other role sets it.
#
#   role-label.sh keep dir=DIR api=DIR request-timeout=SECONDS stop-delay=SECONDS give-up=SECONDS
#       dir              the entrypoint's run directory
#       api              has the files token, ca.crt, namespace and uid
#       request-timeout  no request takes longer
#       stop-delay       from the label's end until this ends, so that kube-proxies and clients notice
#       give-up          how long it goes on trying to take the label away
#   role-label.sh begun dir=DIR   a check: the first try is over, or has taken two seconds. It waits for that, a second at most.
#   role-label.sh right dir=DIR   a check: the label is that of the role
#
# It needs curl, or python3 where there is no curl (status 64 without either), and mv and sleep.
#
# In dir/role-label it writes down how things are: SINCE ROLE new|right|gone TIME [TROUBLE]. SINCE names one life of the container, as in the entrypoint's state file: what an
# earlier life has left behind counts for nothing. TROUBLE is what the entrypoint adds to its last words. Names begin with an underscore for the reason that is given there.

_label=cdk8s-sync-async/role

# Hundredths of a second since this life of the container began, nearly as in the entrypoint's log, into _now.
now() {
  read -r _uptime _rest </proc/uptime
  _now=$((${_uptime%.*} * 100 + 1${_uptime#*.} - 100 - _since))
}

log() {
  now
  _fraction=$((_now % 100))
  [ "$_fraction" -gt 9 ] || _fraction=0$_fraction
  echo "logger=sync-async t=$((_now / 100)).$_fraction $*" >&3
}

# note HOW [TROUBLE]
note() {
  _how=$1
  now
  echo "$_since $_role $_how $_now ${2-}" >"$_dir/role-label.new"
  mv -f "$_dir/role-label.new" "$_dir/role-label"
}

# nap HUNDREDTHS: or until the stop begins, if it has not yet.
nap() {
  now
  _until=$((_now + $1)) _was=$_stopping
  while [ "$_now" -lt "$_until" ] && [ "$_was" = "$_stopping" ]; do
    sleep $(((_until - _now + 99) / 100)) &
    _napping=$!
    [ "$_was" != "$_stopping" ] || wait "$_napping"
    kill -s KILL "$_napping"
    wait "$_napping"
    _napping=''
    now
  done
}

# --- A request ---------------------------------------------------------------------------------------------------------------------------

# Seconds until somebody has to have taken the connection. An answer may take longer: what has a say in it may be slow, such as a webhook.
_connect_timeout=5

# What curl does, with an answer of the same form. -I keeps files of the service from being taken for modules of Python's. What newer versions ask of certificates, those of many
# a cluster do not have.
_python='
import signal, sys
host, port, path, body, api, connect_timeout, request_timeout = sys.argv[1:]
signal.alarm(int(request_timeout))
try:
    import http.client, ssl
    with open(api + "/token") as file:
        token = file.read().strip()
    context = ssl.create_default_context(cafile=api + "/ca.crt")
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    connection = http.client.HTTPSConnection(host, int(port), timeout=int(connect_timeout), context=context)
    connection.connect()
    connection.sock.settimeout(None)
    headers = {"Authorization": "Bearer " + token, "Content-Type": "application/merge-patch+json", "User-Agent": "cdk8s-sync-async"}
    connection.request("PATCH", path, body, headers)
    answer = connection.getresponse()
    print("HTTP/1.1", answer.status)
    print("Retry-After:", answer.getheader("Retry-After", ""))
    print("\n" + answer.read(65536).decode("ascii", "replace"))
except Exception as error:
    sys.exit("python3: %s" % error)
'

# patch VALUE: one request that gives the label this JSON value, to its end. Its status into _code, 000 without an answer; what it says into _message, and how
# many seconds it wants to be left alone into _retry_after.
patch() {
  _namespace='' _uid=''
  read -r _namespace <"$_api/namespace"
  read -r _uid <"$_api/uid"
  _host=${KUBERNETES_SERVICE_HOST-} _port=${KUBERNETES_SERVICE_PORT_HTTPS:-${KUBERNETES_SERVICE_PORT-}}
  _path="/api/v1/namespaces/$_namespace/pods/${POD_NAME-}?fieldManager=cdk8s-sync-async"
  # With its uid, so that a pod that was thought lost leaves the next one of its name alone.
  _body="{\"metadata\":{\"uid\":\"$_uid\",\"labels\":{\"$_label\":$1}}}"
  if [ "$_tool" = curl ]; then
    ask_by_curl &
  else
    python3 -I -c "$_python" "$_host" "$_port" "$_path" "$_body" "$_api" "$_connect_timeout" "$_request_timeout" >"$_dir/role-label.answer" 2>"$_dir/role-label.error" &
  fi
  _asking=$!
  # A signal ends a wait, not the request: one that is on its way could arrive after the next one, also when that is of the other role.
  while kill -s 0 "$_asking"; do wait "$_asking"; done
  read_answer
}

# The token is read each time, because it is replaced now and then, and goes by a file, because arguments are there for all to see. There is no proxy: the pod's own leads out
# of the cluster.
ask_by_curl() {
  _token=''
  read -r _token <"$_api/token"
  echo "header = \"Authorization: Bearer $_token\"" >"$_dir/role-label.request"
  case $_host in *:*) _host="[$_host]" ;; esac
  exec curl -q --config "$_dir/role-label.request" --request PATCH --header 'Content-Type: application/merge-patch+json' --user-agent cdk8s-sync-async --data "$_body" \
    --cacert "$_api/ca.crt" --noproxy '*' --globoff --silent --show-error --include --connect-timeout "$_connect_timeout" --max-time "$_request_timeout" "https://$_host:$_port$_path" \
    >"$_dir/role-label.answer" 2>"$_dir/role-label.error"
}

read_answer() {
  _code=000 _message='' _retry_after=''
  # After success the whole pod comes.
  while [ "${_code#2}" = "$_code" ] && { IFS= read -r _line || [ -n "$_line" ]; }; do
    case $_line in
      HTTP/*)
        _code=${_line#* }
        _code=${_code%"${_code#???}"}
        ;;
      [Rr]etry-[Aa]fter:*)
        _retry_after=${_line#*: }
        _retry_after=${_retry_after%[!0123456789]} # the end of the line
        case $_retry_after in
          *[!0123456789]* | 0*) _retry_after='' ;; # a date
          ???*) _retry_after=99 ;;
        esac
        ;;
      *'"message":"'*) speak_plainly "${_line#*'"message":"'}" ;;
    esac
  done <"$_dir/role-label.answer"
  if [ "$_code" = 000 ]; then
    _line=''
    read -r _line <"$_dir/role-label.error"
    speak_plainly "${_line:-no answer within $_request_timeout s}"
  fi
}

# speak_plainly TEXT: up to a closing quote, and without what a line of the log cannot hold, into _message. Of a long text its beginning, because what a shell does to it takes
# the square of its length.
speak_plainly() {
  _rest='' _message=''
  printf '%.300s\n' "$1" >"$_dir/role-label.message"
  IFS= read -r _rest <"$_dir/role-label.message"
  while [ -n "$_rest" ]; do
    _part=${_rest%%[\"\\]*}
    _message=$_message$_part _rest=${_rest#"$_part"}
    case $_rest in
      \\?*) _message="$_message'" _rest=${_rest#??} ;;
      *) _rest='' ;;
    esac
  done
}

# --- The label ---------------------------------------------------------------------------------------------------------------------------

# give VALUE: whether the label has this JSON value now. If not, says why, once, and into _pause how many seconds not to ask again.
give() {
  patch "$1"
  case $_code in
    2??)
      _tries=0 _told=''
      return
      ;;
    403) _trouble="the right to patch pod ${POD_NAME-} is missing" ;;
    404 | 422) _trouble="there is no such pod any more" ;; # or another one of its name
    *) _trouble="the API server does not do it" ;;
  esac
  _trouble="role label: $_trouble ($_code${_message:+, $_message})"
  case $_code in
    409) _pause=1 ;; # somebody has changed the pod at the same time
    429) _pause=${_retry_after:-1} ;;
    000 | 5??) # it is away, or overwhelmed
      _tries=$((_tries + 1)) _pause=$_tries
      [ "$_pause" -le 5 ] || _pause=5
      [ "${_retry_after:-0}" -le "$_pause" ] || _pause=$_retry_after
      ;;
    *) _pause=10 ;; # somebody has to do something
  esac
  [ "$_pause" -le 30 ] || _pause=30
  note "$_how" "$_trouble"
  [ "$_told" = "$_code" ] || log "event=error process=role-label reason=\"$_trouble\""
  _told=$_code
  return 1
}

# Until the label is that of the role, or the stop begins.
set_label() {
  note new
  while [ -z "$_stopping" ]; do
    if give "\"$_role\""; then
      note right
      log "event=label role=$_role"
      return
    fi
    nap $((_pause * 100))
  done
}

# Whether the time is over, or no time helps: the rights may have been deleted together with the pod.
hopeless() {
  now
  case $_code in 409 | 429 | 5?? | 000) [ "$_now" -ge "$_hope_until" ] ;; esac
}

# Takes the label away, as long as there is hope, and lets that be noticed. Where it was not set yet nobody has asked this pod.
take_label_away() {
  [ "$_how" = right ] || return
  note gone # and not ready
  now
  _hope_until=$((_now + _give_up * 100))
  until give null || hopeless; do
    _pause=$((_pause * 100))
    [ "$((_now + _pause))" -le "$_hope_until" ] || _pause=$((_hope_until - _now))
    nap "$_pause"
  done
  case $_code in
    2??)
      note gone
      log "event=label role=none"
      ;;
  esac
  nap $((_stop_delay * 100))
}

keep() {
  _tool='' _tries=0 _told='' _stopping='' _napping='' _how=''
  trap '_stopping=yes; [ -z "$_napping" ] || kill -s KILL "$_napping"' TERM
  if command -v curl; then
    _tool=curl
  elif command -v python3; then
    _tool=python3
  else
    note new 'role label: the image has neither curl nor python3'
    exit 64
  fi >/dev/null
  set_label
  while [ -z "$_stopping" ]; do nap 360000; done
  trap : TERM
  [ "$_role" = async ] || take_label_away
  exit 0
}

# --- Checks ------------------------------------------------------------------------------------------------------------------------------

# What was written down in this life, of this role, into _how, _at and _trouble; false when there is nothing.
read_note() {
  _how='' _noted=''
  read -r _noted _noted_role _how _at _trouble <"$_dir/role-label"
  [ "$_noted $_noted_role" = "$_since $_role" ]
}

begun() {
  for _each in 1 2 3 4 5 6 7 8 9 10; do
    if read_note; then
      now
      if [ "$_how" = right ] || [ -n "$_trouble" ] || [ "$_now" -ge $((_at + 200)) ]; then exit 0; fi
    fi
    sleep 0.1 || sleep 1 # not every sleep knows tenths
  done
  exit 1
}

# ---------------------------------------------------------------------------------------------------------------------------------------------

set +aCefmu # bash takes options from the environment too
exec 3>&2 2>/dev/null # shells tell of every child that was killed
umask 077
for _argument; do
  case $_argument in
    dir=*) _dir=${_argument#*=} ;;
    api=*) _api=${_argument#*=} ;;
    request-timeout=*) _request_timeout=${_argument#*=} ;;
    stop-delay=*) _stop_delay=${_argument#*=} ;;
    give-up=*) _give_up=${_argument#*=} ;;
  esac
done
if ! read -r _pid _since _role _rest <"$_dir/state"; then
  echo "role-label.sh: there is no $_dir/state, which the entrypoint writes" >&3
  exit 64
fi
case ${1-} in
  keep) keep ;;
  begun) begun ;;
  right) read_note && [ "$_how" = right ] ;;
  *)
    echo "role-label.sh: the first argument (${1-}) must be keep, begun or right" >&3
    exit 64
    ;;
esac
