"""Asks policy servers about objects, as an API server does, and tells how long they took.

    ask.py ADDRESSES POLICY CLIENTS REQUESTS.jsonl

ADDRESSES are `host:port`, with commas between them: the requests go to each in turn, as a Service spreads them. So
many clients ask at once. Prints JSON: how many requests were allowed, how many a second, and the times in seconds.
"""

import http.client
import itertools
import json
import sys
import threading
import time

addresses, policy, clients, path = sys.argv[1].split(","), sys.argv[2], int(sys.argv[3]), sys.argv[4]
with open(path, encoding="utf-8") as file:
    requests = list(zip(file.read().splitlines(), itertools.cycle(addresses)))
lock, times, allowed = threading.Lock(), [], 0


def work():
    global allowed
    while True:
        with lock:
            if not requests:
                return
            body, address = requests.pop()
        start = time.monotonic()
        connection = http.client.HTTPConnection(address, timeout=60)
        connection.request("POST", f"/validate/{policy}", body, {"Content-Type": "application/json"})
        is_allowed = json.load(connection.getresponse())["response"]["allowed"]
        connection.close()
        with lock:
            times.append(time.monotonic() - start)
            allowed += is_allowed


threads = [threading.Thread(target=work) for _ in range(clients)]
start = time.monotonic()
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
elapsed = time.monotonic() - start
times.sort()
at = lambda share: round(times[min(len(times) - 1, int(share * len(times)))], 3)
print(json.dumps({
    "allowed": allowed,
    "asked": len(times),
    "a second": round(len(times) / elapsed, 2),
    "median": at(0.5),
    "95 of 100": at(0.95),
}))
