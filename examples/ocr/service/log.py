"""One line for each event, as the entrypoint writes them."""
import os


def say(process: str, event: str, **fields) -> None:
    words = [f"process={process}", f"event={event}", *(f'{key}="{value}"' for key, value in fields.items())]
    os.write(1, (" ".join(words) + "\n").encode())  # in one piece, whoever else writes
