#!/usr/bin/env bash
# Records examples/office.pcapng: an office's traffic with an outside network, all of it made by real programs in
# network namespaces that this script makes and removes again. Usage (as root): scripts/record-example.sh [FILE]
#
#   client-a 10.0.1.10 ─┐                                        ┌─ 198.51.100.80 .81 web    .22 ssh
#   fd00:10::10         ├─ lan ── office0 router ── provider ──┤  198.51.100.53 names  .50 iperf3
#   client-b 10.0.1.20 ─┘  (bridge)  ▲            192.0.2.2      └─ 198.51.100.90 web behind a narrow link
#   fd00:10::20                      recorded here               outside: the same hosts under 2001:db8:100::/64
#
# Nothing here translates addresses: the file shows the office's link, inside the NAT that Millrace is to be.
# Needs bash, iproute2, ethtool, dumpcap, nginx, dnsmasq, sshd, curl, dig, ssh, iperf3, openssl, python3 and node.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
output=${1:-$here/../examples/office.pcapng}
namespaces=(client-a client-b lan router provider outside)
prefix=millrace-example
made=()
started=()
temporary=$(mktemp -d /tmp/millrace-example.XXXXXX)

clean_up() {
  local pid name
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  for name in "${made[@]}"; do
    # Whatever still runs inside a namespace that we made is ours: sshd's and iperf3's children, for instance.
    for pid in $(ip netns pids "$name"); do kill -KILL "$pid" 2>/dev/null || true; done
    ip netns delete "$name" || true
  done
  wait 2>/dev/null || true
  rm -rf "$temporary"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

say() { printf '%s\n' "$*" >&2; }

# inside NAMESPACE COMMAND...: runs a command there, with the example's name server as the resolver and a /run of its
# own (sshd needs a directory in it). `ip netns exec` gives a private mount namespace, so neither is seen elsewhere.
inside() {
  local name=$1
  shift
  ip netns exec "$prefix-$name" bash -c '
    mount --bind "$0/resolv.conf" /etc/resolv.conf
    mount -t tmpfs tmpfs /run
    mkdir /run/sshd
    cd "$0"
    exec "$@"' "$temporary" "$@"
}

# serve NAMESPACE COMMAND...: the same in the background, until the end.
serve() {
  inside "$@" >>"$temporary/servers.log" 2>&1 &
  started+=($!)
}

# on NAMESPACE COMMAND...: a client's command. What it prints goes to a log, and failing is often the point.
on() {
  say "  $*"
  inside "$@" >>"$temporary/clients.log" 2>&1 || true
}

ip_in() {
  local name=$1
  shift
  ip -n "$prefix-$name" "$@"
}

# wire NAMESPACE DEVICE MAC NAMESPACE DEVICE MAC: a link. Every offload is off at both ends, so that what is recorded
# is what a wire would carry: whole checksums and frames of at most 1514 bytes.
wire() {
  ip link add "$2" netns "$prefix-$1" address "$3" type veth peer name "$5" netns "$prefix-$4" address "$6"
  local end
  for end in "$1 $2" "$4 $5"; do
    # shellcheck disable=SC2086
    set -- $end
    ip netns exec "$prefix-$1" ethtool -K "$2" tx off sg off tso off gso off gro off >/dev/null
    ip_in "$1" link set "$2" up
  done
}

for name in "${namespaces[@]}"; do
  ip netns add "$prefix-$name"
  made+=("$prefix-$name")
  ip netns exec "$prefix-$name" sysctl -qw net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.default.accept_ra=0 \
    net.ipv6.conf.default.router_solicitations=0 net.ipv6.conf.default.accept_dad=0 \
    net.ipv4.ip_no_pmtu_disc=0
  ip_in "$name" link set lo up
done
ip netns exec "$prefix-lan" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1

wire lan port-a 02:00:00:00:01:0a client-a eth0 02:00:00:00:00:10
wire lan port-b 02:00:00:00:01:0b client-b eth0 02:00:00:00:00:20
wire lan uplink 02:00:00:00:01:01 router office0 02:00:00:00:00:01
wire router wan0 02:00:00:00:02:01 provider office 02:00:00:00:02:02
wire provider outside 02:00:00:00:03:01 outside eth0 02:00:00:00:03:02

ip_in lan link add bridge address 02:00:00:00:01:00 type bridge mcast_snooping 0
for port in port-a port-b uplink; do ip_in lan link set "$port" master bridge; done
ip_in lan link set bridge up

ip_in client-a address add 10.0.1.10/16 dev eth0
ip_in client-a address add fd00:10::10/64 dev eth0
ip_in client-b address add 10.0.1.20/16 dev eth0
ip_in client-b address add fd00:10::20/64 dev eth0
ip_in router address add 10.0.0.1/16 dev office0
ip_in router address add fd00:10::1/64 dev office0
ip_in router address add 192.0.2.1/30 dev wan0
ip_in router address add 2001:db8:ffff::1/64 dev wan0
ip_in provider address add 192.0.2.2/30 dev office
ip_in provider address add 2001:db8:ffff::2/64 dev office
ip_in provider address add 198.51.100.1/24 dev outside
ip_in provider address add 2001:db8:100::1/64 dev outside
for host in 22 50 53 80 90; do
  ip_in outside address add "198.51.100.$host/24" dev eth0
  ip_in outside address add "2001:db8:100::$host/64" dev eth0
done
for name in router provider; do
  ip netns exec "$prefix-$name" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
done
for name in client-a client-b; do
  ip_in "$name" route add default via 10.0.0.1
  ip_in "$name" route add default via fd00:10::1
done
ip_in router route add default via 192.0.2.2
ip_in router route add default via 2001:db8:ffff::2
ip_in provider route add 10.0.0.0/8 via 192.0.2.1
ip_in provider route add fd00::/8 via 2001:db8:ffff::1
ip_in outside route add default via 198.51.100.1 src 198.51.100.22
ip_in outside route add default via 2001:db8:100::1 src 2001:db8:100::22
# Three peculiar places: an address that swallows what it is sent, one to which packets start with two hops to live,
# and one behind a link of 400 bytes. So narrow because a router quotes at most 548 bytes of what it refuses: here it
# quotes the packet whole, and the quoted TCP checksum can be checked too.
ip_in provider route add blackhole 198.51.100.81/32
ip_in client-a route add 198.51.100.54/32 via 10.0.0.1 hoplimit 2
ip_in provider route add 198.51.100.90/32 dev outside mtu lock 400
ip netns exec "$prefix-client-a" sysctl -qw net.ipv4.route.min_pmtu=400

# The servers' content.
printf 'nameserver 198.51.100.53\noptions timeout:2\n' >"$temporary/resolv.conf"
site=$temporary/site
mkdir -p "$site/files"
cp "$here/example/nginx.conf" "$temporary/"
awk 'BEGIN {
  print "<!doctype html><title>Intranet</title><link rel=stylesheet href=style.css><h1>Welcome to the office</h1>"
  for (n = 1; n <= 40; n++) printf "<p>Paragraph %d: the mill race carries the water past the wheels.</p>\n", n
}' >"$site/index.html"
awk 'BEGIN {
  for (n = 1; n <= 120; n++) printf ".rule-%d { margin: %dpx; color: #%06x }\n", n, n, n * 99991 % 16777216
}' >"$site/style.css"
awk 'BEGIN {
  print "<!doctype html><title>News</title>"
  for (n = 1; n <= 9; n++) printf "<li>Item %d\n", n
}' >"$site/news.html"
awk 'BEGIN {
  line = "The handbook of the office, page after page after page."
  for (n = 1; n <= 4500; n++) printf "%05d %s\n", n, substr(line, 1, 20 + n * 7919 % 36)
}' >"$site/files/handbook.txt"
head -c 70000 /dev/zero | openssl enc -aes-128-ctr -nosalt -K 00 -iv 00 2>/dev/null >"$site/files/drawing.bin"
printf 'A page that quotes the marker MILLRACE-TEST-SIGNATURE in an answer.\n' >"$site/sample.txt"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=intranet.example \
  -addext 'subjectAltName=DNS:intranet.example,DNS:files.example,DNS:www.example' \
  -keyout "$temporary/certificate.key" -out "$temporary/certificate.pem" 2>/dev/null
ssh-keygen -q -t ed25519 -N '' -C example -f "$temporary/host_key"
ssh-keygen -q -t ed25519 -N '' -C example -f "$temporary/client_key"
cp "$temporary/client_key.pub" "$temporary/authorized_keys"

head -c 300 "$site/files/handbook.txt" >"$temporary/upload.txt"
printf 'name=visitor&comment=MILLRACE-TEST-SIGNATURE' >"$temporary/alert.txt"
printf 'name=visitor&comment=MILLRACE-DROP-SIGNATURE' >"$temporary/drop.txt"

serve outside nginx -p "$temporary/" -c nginx.conf -e nginx-error.log
serve outside dnsmasq -C "$here/example/dnsmasq.conf" --pid-file
serve outside /usr/sbin/sshd -D -e -f "$here/example/sshd_config" -h "$temporary/host_key" \
  -o "AuthorizedKeysFile=$temporary/authorized_keys"
serve outside iperf3 -s -B 198.51.100.50 -p 5201
serve outside iperf3 -s -B 2001:db8:100::50 -p 5201
serve client-b python3 -m http.server 8000 --directory "$site" --bind ::
serve client-b python3 -m http.server 8001 --directory "$site" --bind 10.0.1.20
sleep 1

say 'recording'
ip netns exec "$prefix-router" dumpcap -q -i office0 -w "$temporary/recorded.pcapng" 2>"$temporary/dumpcap.log" &
recorder=$!
started+=("$recorder")
for _ in $(seq 50); do
  [ -s "$temporary/recorded.pcapng" ] && break
  sleep 0.1
done
sleep 0.5

fetch=(curl -sS -o /dev/null --connect-timeout 5 --max-time 20)
trusted=("${fetch[@]}" --cacert "$temporary/certificate.pem")
shell=(ssh -F none -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null
  -o ConnectTimeout=5 -o IdentitiesOnly=yes -i "$temporary/client_key")
probe=(python3 "$here/example/probe.py")

# Names: addresses of both families, an alias, a name that does not exist, TCP, and an answer of more than one frame
# (fragmented for who allows 4096 bytes, else truncated and asked again over TCP).
on client-a dig @198.51.100.53 intranet.example A
on client-a dig @198.51.100.53 intranet.example AAAA
on client-a dig @198.51.100.53 portal.example A
on client-b dig @198.51.100.53 missing.example A
on client-b dig @198.51.100.53 example MX
on client-b dig @198.51.100.53 +tcp files.example A
on client-b dig @2001:db8:100::53 files.example AAAA
on client-b dig @2001:db8:100::53 +tcp missing.example AAAA
on client-a dig @198.51.100.53 +bufsize=1232 long.example TXT
on client-a dig @198.51.100.53 +bufsize=4096 long.example TXT
on client-a dig @198.51.100.80 +tries=1 +timeout=1 intranet.example A # no name server there: port unreachable
on client-b dig @2001:db8:100::80 +tries=1 +timeout=1 intranet.example A
on client-a dig @198.51.100.54 +tries=1 +timeout=1 intranet.example A # does not live so long: time exceeded

# The web. Names are looked up as programs do; several pages on one connection; what is not there; a part of a file.
on client-a "${fetch[@]}" -4 http://intranet.example/ -o /dev/null http://intranet.example/style.css \
  -o /dev/null http://intranet.example/news.html -o /dev/null http://intranet.example/missing.html
on client-b "${fetch[@]}" -4 --compressed http://intranet.example/style.css
on client-b "${fetch[@]}" -4 -I http://www.example/
on client-b "${fetch[@]}" -4 -r 1000-1999 http://files.example/files/handbook.txt
on client-a "${fetch[@]}" -4 http://files.example/files/handbook.txt
on client-b "${fetch[@]}" -6 http://intranet.example/ -o /dev/null http://intranet.example/news.html
on client-a "${trusted[@]}" --tlsv1.3 --resolve intranet.example:443:198.51.100.80 https://intranet.example/
on client-a "${trusted[@]}" --tls-max 1.2 --http1.1 --resolve files.example:443:198.51.100.80 \
  https://files.example/files/drawing.bin
on client-b "${trusted[@]}" --tlsv1.3 -6 https://www.example/news.html
on client-b "${fetch[@]}" --tlsv1.3 --resolve intranet.example:443:198.51.100.80 https://intranet.example/ # not trusted

# Both clients at once, so that connections interleave; both send echo requests with the same identifier.
together=()
on client-a iperf3 -c 198.51.100.50 -p 5201 -n 150K -b 3M -l 4K &
together+=($!)
on client-b "${probe[@]}" echo 198.51.100.80 --identifier 4660 --count 5 --interval 0.05 &
together+=($!)
on client-a "${probe[@]}" echo 198.51.100.80 --identifier 4660 --count 5 --interval 0.05 &
together+=($!)
on client-b iperf3 -c 2001:db8:100::50 -p 5201 -n 100K -b 3M -l 1K -R &
together+=($!)
on client-b "${trusted[@]}" -6 https://files.example/files/drawing.bin
on client-b "${fetch[@]}" http://intranet.example/ -o /dev/null http://intranet.example/style.css
wait "${together[@]}"

# An upload that does not fit the narrow link: fragmentation needed.
on client-a "${fetch[@]}" -4 --data-binary "@$temporary/upload.txt" http://far.example/form

# Secure shell: the administrator's machine, then one that the office's policy does not allow.
on client-a "${shell[@]}" root@198.51.100.22 'uname; for n in 1 2 3; do echo line $n; sleep 0.1; done'
on client-a "${shell[@]}" root@2001:db8:100::22 'echo hello; seq 1 3000'
on client-b "${shell[@]}" root@198.51.100.22 'echo hello'

# Echo: plain, IPv6, larger than a frame, and with a hop limit that ends at the provider's router.
on client-a "${probe[@]}" echo 198.51.100.80 --identifier 1001 --count 3
on client-b "${probe[@]}" echo 2001:db8:100::80 --identifier 1002 --count 3
on client-a "${probe[@]}" echo 198.51.100.80 --identifier 1003 --count 2 --bytes 3000
on client-b "${probe[@]}" echo 2001:db8:100::80 --identifier 1004 --count 2 --bytes 3000
on client-a "${probe[@]}" echo 198.51.100.80 --identifier 1005 --hops 2
on client-b "${probe[@]}" echo 2001:db8:100::80 --identifier 1006 --hops 2
on client-a "${probe[@]}" udp 198.51.100.80 --count 3

# Throughput, both ways, paced and short.
on client-a iperf3 -c 198.51.100.50 -p 5201 -n 150K -b 20M -l 8K -R -M 536
on client-b iperf3 -c 198.51.100.50 -p 5201 -u -n 60K -b 4M -l 200
on client-b iperf3 -c 198.51.100.50 -p 5201 -u -n 60K -b 4M -l 200 -R
on client-b iperf3 -c 2001:db8:100::50 -p 5201 -n 60K -b 20M -l 8K

# What the office's policy denies: a refused port, an old protocol that nobody answers (so that it is sent again), and
# connections that nobody inside asked for.
on client-a "${fetch[@]}" http://198.51.100.80:8080/
on client-b "${fetch[@]}" -g 'http://[2001:db8:100::80]:8080/'
on client-b "${fetch[@]}" --connect-timeout 4 telnet://198.51.100.81:23
on outside "${fetch[@]}" http://10.0.1.10/
on outside "${fetch[@]}" http://10.0.1.20:8001/news.html
on outside "${fetch[@]}" -g 'http://[fd00:10::20]:8000/news.html'
on outside "${probe[@]}" echo 10.0.1.10 --identifier 2001 --count 2
on outside "${probe[@]}" udp 10.0.1.20 --port 9

# Content that a signature hits: in a request, in an answer, cut in two by a pause (so by a segment border), and the one
# whose connection is to be dropped. The server sees them all: the recording has no DPI on its way.
on client-a "${fetch[@]}" -4 --data-binary "@$temporary/alert.txt" http://intranet.example/form
on client-b "${fetch[@]}" -4 http://intranet.example/sample.txt
cut_in_two() { { head -c 32 "$temporary/alert.txt"; sleep 0.3; tail -c +33 "$temporary/alert.txt"; } | on "$@"; }
cut_in_two client-a "${fetch[@]}" -4 -X POST -T . -H 'Transfer-Encoding:' -H 'Expect:' \
  -H "Content-Length: $(wc -c <"$temporary/alert.txt")" http://intranet.example/form
on client-b "${fetch[@]}" -4 --data-binary "@$temporary/drop.txt" http://intranet.example/form \
  --next "${fetch[@]:1}" http://intranet.example/news.html

sleep 1
kill -INT "$recorder"
wait "$recorder" || true
node "$here/example/tidy-capture.mjs" "$temporary/recorded.pcapng" "$temporary/office.pcapng"
# Not in place: an interrupted recording leaves the old file whole.
mv "$temporary/office.pcapng" "$output"
chmod 644 "$output"
grep -Ei 'drop' "$temporary/dumpcap.log" >&2 || true
if [ -n "${KEEP_LOGS:-}" ]; then cp "$temporary"/*.log "$KEEP_LOGS"; fi
say "wrote $output"
