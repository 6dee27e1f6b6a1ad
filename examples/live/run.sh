#!/bin/sh
# Builds client <-> millrace <-> server from network namespaces, sends real traffic through, prints the report, and removes
# everything again. Needs root, iproute2, ping, curl and the package koffi.
set -eu
cd "$(dirname "$0")/../.."
client=mr-client-$$ middle=mr-middle-$$ server=mr-server-$$
running=''
clean() {
  [ -z "$running" ] || kill -KILL $running 2>/dev/null || true
  for name in $client $middle $server; do ip netns del $name 2>/dev/null || true; done
  rm -f "${said:-}"
}
trap clean EXIT INT TERM

for name in $client $middle $server; do ip netns add $name; ip -n $name link set lo up; done
ip link add net0 netns $client type veth peer name inside netns $middle
ip link add net0 netns $server type veth peer name outside netns $middle
ip -n $middle link set inside up
ip -n $middle link set outside up
ip -n $client address add 10.0.0.2/24 dev net0
ip -n $server address add 198.51.100.2/24 dev net0
ip -n $client link set net0 up
ip -n $server link set net0 up

# The kernel takes a moment to see that a cable is plugged in.
for name in inside outside; do until ip -n $middle -br link show $name | grep -q ' UP '; do sleep 0.1; done; done

# Millrace is a bump in the wire: it forwards frames as they are addressed. So each side is told where the other is.
mac() { ip -n "$1" -o link show net0 | sed 's/.*ether \([0-9a-f:]*\).*/\1/'; }
ip -n $client route add default via 10.0.0.1
ip -n $client neighbour add 10.0.0.1 lladdr "$(mac $server)" dev net0
ip -n $server route add 203.0.113.1 dev net0
ip -n $server neighbour add 203.0.113.1 lladdr "$(mac $client)" dev net0

ip netns exec $server node -e '
  const body = Buffer.alloc(1 << 20, "millrace");
  require("http").createServer((request, reply) => {
    console.error(`server: a request from ${request.socket.remoteAddress}`);
    for (let k = 0; k < 100; k++) reply.write(body);
    reply.end();
  }).listen(80, "0.0.0.0")' &
running="$running $!"
said=$(mktemp)
ip netns exec $middle node dist/cli/main.js run examples/live/edge.yaml 2>"$said" &
millrace=$!
running="$running $millrace"
until grep -q '^running:' "$said"; do kill -0 $millrace || { cat "$said"; exit 1; }; sleep 0.1; done

ip netns exec $client ping -c 3 -i 0.2 198.51.100.2
ip netns exec $client curl -s -o /dev/null -w 'client: %{size_download} bytes, %{speed_download} bytes per second\n' http://198.51.100.2/
ip netns exec $client curl -s -m 2 http://198.51.100.2:81/ || echo 'client: port 81 is denied'
kill -INT $millrace
wait $millrace
