# shellcheck shell=bash
# Approves the serving certificates of kubelets, on the control plane. A kubelet gets one only for the name and the address of its
# node in $kubelets, which `up` takes from libvirt. Every other request stays undecided, and $refused has the reason.
# init-control-plane.sh installs a timer that starts this script, because kubelets renew their certificates long after `up`.
source lib/common.sh
source lib/certificate-requests.sh

# A line for each undecided request: its name, its content, and its user and usages. %q quotes a line break in a user's name.
requests='{{range .items}}{{if not .status.conditions}}{{.metadata.name}} {{.spec.request}} {{printf "%q" .spec.username}} {{printf "%q" .spec.usages}}{{"\n"}}{{end}}{{end}}'

declare -A addresses=()
while read -r name address; do addresses[$name]=$address; done < <(sed '/./!d' "$kubelets" 2>/dev/null)

# names_of NODE ADDRESS: sets names to the bytes of a subject alternative name with both, in hexadecimal (RFC 5280, 4.2.1.6).
names_of() {
  local name='' address='' byte position
  local -a octets
  for ((position = 0; position < ${#1}; position++)); do
    printf -v byte %02X "'${1:position:1}"
    name+=$byte
  done
  IFS=. read -ra octets <<<"$2"
  printf -v address %02X "${octets[@]}"
  printf -v names 30%02X82%02X%s8704%s $((${#1} + 8)) ${#1} "$name" "$address"
}

# The line before a request's names, as `openssl asn1parse` prints it.
extension=$':X509v3 Subject Alternative Name\n'

# judge REQUEST ASKED: sets why to the reason against a request, and to nothing when it may be approved.
judge() {
  local request=$1 asked=$2 node usages text subject names parsed rest
  why="its user is no expected node: $asked"
  [[ $asked =~ ^\"system:node:([a-z0-9][a-z0-9.-]*)\"\ \[(.*)\]$ ]] || return 0
  node=${BASH_REMATCH[1]} usages=${BASH_REMATCH[2]}
  [[ -n ${addresses[$node]-} ]] || return 0
  why="$node asks for the usages $usages"
  [[ $usages == '"digital signature" "server auth"' ||
    $usages == '"digital signature" "key encipherment" "server auth"' ]] || return 0

  why="$node sends more than a request, or none"
  decode_request "$request" || return 0
  subject=$(openssl req -noout -subject -nameopt RFC2253 <<<"$text" 2>/dev/null) || return 0
  why="$node asks for ${subject#subject=}"
  [[ $subject == "subject=CN=system:node:$node,O=system:nodes" ]] || return 0

  # Bytes, because openssl prints a name as it is, and a name with a line break would hide the next one.
  names_of "$node" "${addresses[$node]}"
  why="$node asks for other names than DNS:$node, IP Address:${addresses[$node]}"
  parsed=$(openssl asn1parse <<<"$text" 2>/dev/null) || return 0
  rest=${parsed#*"$extension"}
  [[ $rest != "$parsed" && $rest != *"$extension"* && ${rest%%$'\n'*} == *" OCTET STRING "*"[HEX DUMP]:$names" ]] || return 0
  why=
}

waiting=$(kubectl get certificatesigningrequests --request-timeout 60s \
  --field-selector spec.signerName=kubernetes.io/kubelet-serving -o go-template="$requests")
granted=()
problems=
while read -r name request asked; do
  [[ -n $name ]] || continue
  judge "$request" "$asked"
  if [[ -z $why ]]; then
    granted+=("$name")
  else
    say "$name is not approved: ${why:0:400}"
    problems+="$name is not approved: ${why:0:400}"$'\n'
  fi
done <<<"$waiting"
printf %s "$problems" | write_file 0644 "$refused"
((${#granted[@]} == 0)) || approve_certificates "${granted[@]}"
