"""
One of the two jobs of a GPU, in a process of its own: `role.py callers|queue BLOCKS WIDTH HEADS TOKENS BATCH RATE`. It says `ready` when its model is loaded and warm, waits for a
line with a number of seconds, works so long, and says as JSON what came of it.
"""
import json
import random
import sys
import time

from model import Model, memory

#: Callers give up when it takes so many times as long as they come.
PATIENCE = 2


def callers(model: Model, rate: float, seconds: float) -> dict:
    """Requests of one, which arrive at random and wait for each other."""
    chance = random.Random(1)
    begin = time.monotonic()
    arrival, times, left = begin, [], 0
    while True:
        arrival += chance.expovariate(rate)
        if arrival > begin + seconds:
            return {"times": times, "left": left}
        if time.monotonic() > begin + PATIENCE * seconds:
            left += 1
            continue
        time.sleep(max(0, arrival - time.monotonic()))
        model.run()
        times.append(time.monotonic() - arrival)


def queue(model: Model, batch: int, seconds: float) -> dict:
    """Batches without end."""
    begin = time.monotonic()
    done = 0
    while time.monotonic() < begin + seconds:
        model.run()
        done += batch
    return {"rate": done / (time.monotonic() - begin)}


role, blocks, width, heads, tokens, batch = sys.argv[1], *map(int, sys.argv[2:7])
model = Model(blocks, width, heads, tokens, 1 if role == "callers" else batch)
for _ in range(3):
    model.run()
print("ready", flush=True)
seconds = float(sys.stdin.readline())
taken = memory()
result = callers(model, float(sys.argv[7]), seconds) if role == "callers" else queue(model, batch, seconds)
print(json.dumps({"memory": taken, **result}), flush=True)
