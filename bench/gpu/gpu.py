"""
A GPU shared by callers and a queue, and a GPU that changes its job: what the split costs and gains on a real card. It needs PyTorch, and takes at most ten minutes with the defaults, which
are for a GPU of 24 GB or more; with smaller sizes it also runs on a CPU.
"""
import argparse
import json
import sys
import time

import torch

import moving
import sharing
from model import CUDA


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--blocks", type=int, default=24, help="transformer blocks of the model")
    parser.add_argument("--width", type=int, default=2048, help="numbers for each token")
    parser.add_argument("--heads", type=int, default=16, help="attention heads")
    parser.add_argument("--tokens", type=int, default=256, help="tokens of an input")
    parser.add_argument("--batch", type=int, default=64, help="inputs of a batch of the queue")
    parser.add_argument("--rate", type=float, default=40, help="requests of callers a second")
    parser.add_argument("--seconds", type=float, default=40, help="how long each way of sharing is measured")
    parser.add_argument("--gigabytes", type=float, default=10, help="size of the model that is moved, in 10^9 bytes")
    parser.add_argument("--tries", type=int, default=3, help="moves of each kind")
    parser.add_argument("--patience", type=float, default=120, help="seconds that a move may take")
    parser.add_argument("--folder", help="where the file of that model is written, and deleted (default: the system's for temporary files)")
    parser.add_argument("--json", action="store_true", help="print JSON and not Markdown")
    return parser.parse_args()


def markdown(table: dict) -> str:
    lines = [table["columns"], ["---"] * len(table["columns"]), *table["rows"]]
    return "\n".join([f"**{table['title']}**", "", *(f"| {' | '.join(line)} |" for line in lines)])


def main() -> None:
    args = arguments()
    begin = time.monotonic()

    def tell(what: str) -> None:
        print(f"{time.monotonic() - begin:6.1f} s  {what}", file=sys.stderr, flush=True)

    card = torch.cuda.get_device_name() if CUDA else "a CPU"
    tables, left_out = [], []
    for name, measure in (("sharing", sharing.measure), ("moving", moving.measure)):
        try:
            table, *others = measure(args, tell)
            tables.append(table)
            left_out += others
        except sharing.LeftOut as reason:
            left_out.append(f"{name}: {reason}")
    versions = [f"{card}, PyTorch {torch.__version__}{f', CUDA {torch.version.cuda}' if CUDA else ''}, Python {sys.version.split()[0]}"]
    if args.json:
        print(json.dumps({"tables": tables, "goals": [], "leftOut": left_out, "versions": versions}))
    else:
        print("\n\n".join(["\n".join(f"- {line}" for line in versions), *map(markdown, tables), *(f"- left out: {reason}" for reason in left_out)]))


if __name__ == "__main__":
    main()
