#!/bin/sh
# Builds client - router - provider - server from network namespaces, with Millrace as the router: the client's network is
# 10.0.0.0/24, the provider's 198.51.100.0/24, the server's 192.0.2.0/24. Sends real traffic through, prints the report, and
# removes everything again. Needs root, iproute2, ping, curl and the package koffi.
set -eu
cd "$(dirname "$0")/../.."
client=mr-client-$$ router=mr-router-$$ provider=mr-provider-$$ server=mr-server-$$
running=''
clean() {
  [ -z "$running" ] || kill -KILL $running 2>/dev/null || true
  for name in $client $router $provider $server; do ip netns del $name 2>/dev/null || true; done
  rm -f "${said:-}"
}
trap clean EXIT
trap 'exit 130' INT TERM

# Hosts and cables. The router's interfaces have no addresses in the system: they are Millrace's (router.yaml).
for name in $client $router $provider $server; do ip netns add $name; ip -n $name link set lo up; done
ip link add net0 netns $client type veth peer name inside netns $router
ip link add net0 netns $provider type veth peer name outside netns $router
ip link add net1 netns $provider type veth peer name net0 netns $server
for end in "$client net0" "$router inside" "$router outside" "$provider net0" "$provider net1" "$server net0"; do
  set -- $end
  ip -n "$1" link set "$2" up
done
ip -n $client address add 10.0.0.2/24 dev net0
ip -n $client route add default via 10.0.0.1            # Millrace's leg inside
ip -n $provider address add 198.51.100.254/24 dev net0  # the next hop of Millrace's default route
ip -n $provider address add 192.0.2.1/24 dev net1
ip netns exec $provider sysctl -q -w net.ipv4.ip_forward=1
ip -n $server address add 192.0.2.2/24 dev net0
ip -n $server route add default via 192.0.2.1           # nobody out there knows a way to 10.0.0.0/24

# The kernel takes a moment to see that a cable is plugged in.
for name in inside outside; do until ip -n $router -br link show $name | grep -q ' UP '; do sleep 0.1; done; done

ip netns exec $server node -e '
  const body = Buffer.alloc(1 << 20, "millrace");
  require("http").createServer((request, reply) => {
    console.error(`server: a request from ${request.socket.remoteAddress}`);
    for (let k = 0; k < 10; k++) reply.write(body);
    reply.end();
  }).listen(80, "0.0.0.0")' &
running="$running $!"
said=$(mktemp)
ip netns exec $router node dist/cli/main.js run examples/live/router.yaml 2>"$said" &
millrace=$!
running="$running $millrace"
until grep -q '^running:' "$said"; do kill -0 $millrace 2>/dev/null || { cat "$said"; exit 1; }; sleep 0.1; done

echo '--- the client pings its router, the next hop behind it, and the server'
for host in 10.0.0.1 198.51.100.254 192.0.2.2; do ip netns exec $client ping -q -c 2 -i 0.2 $host | grep received; done
echo '--- with one hop to live, the router says that it ends there'
ip netns exec $client ping -c 1 -t 1 192.0.2.2 | grep -i exceeded || true
echo '--- 10 MB over HTTP: the server sees the address of the NAT'
ip netns exec $client curl -s -o /dev/null -w 'client: %{size_download} bytes, %{speed_download} bytes per second\n' http://192.0.2.2/
echo '--- what the firewall denies'
ip netns exec $client curl -s -m 2 http://192.0.2.2:81/ || echo 'client: port 81 is denied'
ip -n $provider route add 10.0.0.0/24 via 198.51.100.1
ip netns exec $provider ping -q -c 1 -W 1 10.0.0.2 >/dev/null || echo 'provider: nobody outside reaches the client, whatever routes they have'
echo '--- the report'
kill -INT $millrace
wait $millrace
