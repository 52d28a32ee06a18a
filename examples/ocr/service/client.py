"""
Sends images both ways, over gRPC and as jobs, and prints which pod has read what. Without images it draws some, whose text it knows.
"""
import argparse
import base64
import io
import sys

import grpc
from PIL import Image, ImageDraw, ImageFont

import ocr_pb2
from registry import Servers
from worker import read

SAMPLES = ["Hello, world 42", "sync and async", "Total: 1234.50 EUR"]


def draw(text: str) -> bytes:
    image = Image.new("RGB", (480, 160), "white")
    ImageDraw.Draw(image).text((20, 40), text, fill="black", font=ImageFont.load_default(40))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def ask(images, via):
    """Which way, which pod, what it read and what was expected, for every image."""
    jobs = [read.delay(base64.b64encode(image).decode()) for image, _ in images] if via != "grpc" else []
    answers = []
    if via != "job":
        servers = Servers()
        for image, expected in images:
            _, stub = servers.next()
            answer = stub.Read(ocr_pb2.Image(content=image), timeout=60)
            answers.append(("grpc", answer.pod, answer.text, expected))
    for job, (_, expected) in zip(jobs, images):
        answer = job.get(timeout=300)
        answers.append(("job", answer["pod"], answer["text"], expected))
    return answers


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("image", nargs="*", help="a file; - reads one from stdin")
    parser.add_argument("--via", choices=["grpc", "job", "both"], default="both", help="over gRPC, as jobs, or both")
    parser.add_argument("--expect", help="the text on each of the images; another one is an error")
    parser.add_argument("--repeat", type=int, default=1, help="how often each is sent")
    options = parser.parse_args()

    if options.image:
        images = [((sys.stdin.buffer if name == "-" else open(name, "rb")).read(), options.expect) for name in options.image]
    else:
        images = [(draw(text), text) for text in SAMPLES]
    images *= options.repeat

    try:
        answers = ask(images, options.via)
    except (grpc.RpcError, ValueError) as error:
        sys.exit(f"refused: {error.details() if isinstance(error, grpc.RpcError) else error}")
    wrong = 0
    for via, pod, text, expected in answers:
        differs = expected is not None and text != expected
        wrong += differs
        print(f"{via:5} {pod}  {' / '.join(text.splitlines())}{f'  (expected: {expected})' if differs else ''}")
    sys.exit(f"{wrong} of {len(answers)} answers are not what is expected" if wrong else 0)


if __name__ == "__main__":
    main()
