"""What reads the text on an image. It is loaded once, by the model process of a pod."""
import os
import threading
import time


class Ocr:
    """RapidOCR, whose models come with the package."""

    def __init__(self):
        import onnxruntime
        from rapidocr_onnxruntime import RapidOCR

        cuda = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
        if cuda:
            onnxruntime.preload_dlls()
        self.engine = RapidOCR(
            det_use_cuda=cuda, cls_use_cuda=cuda, rec_use_cuda=cuda,
            det_limit_type="max",  # small images are not blown up, which takes ten times as long
            intra_op_num_threads=1,  # on a CPU the pods of a node share its cores
        )

    def read(self, image: bytes) -> str:
        from rapidocr_onnxruntime.utils import LoadImageError

        try:
            lines, _ = self.engine(image)
        except (LoadImageError, OSError) as error:
            raise ValueError("not an image") from error
        return "\n".join(text for _, text, _ in lines or [])


class Sleep:
    """
    No model: takes its time and reads nothing, of any number of images at a time, so that thousands of requests fit on a small machine.
    An image that is the text `sleep:3` takes 3 s.
    """

    def __init__(self, seconds: str):
        self.seconds = float(seconds)

    def read(self, image: bytes) -> str:
        own = image.startswith(b"sleep:")
        time.sleep(float(image[len(b"sleep:"):]) if own else self.seconds)
        return f"{len(image)} bytes"


class OneAtATime:
    """A GPU works on one image at a time; the others wait here and not in its memory."""

    def __init__(self, reader):
        self.reader = reader
        self.lock = threading.Lock()

    def read(self, image: bytes) -> str:
        with self.lock:
            return self.reader.read(image)


def load():
    """The reader that $MODEL names: `rapidocr` or `sleep:SECONDS`; $MODEL_LOAD_SECONDS makes the loading longer."""
    name, _, seconds = os.environ.get("MODEL", "rapidocr").partition(":")
    reader = {"rapidocr": lambda: OneAtATime(Ocr()), "sleep": lambda: Sleep(seconds)}[name]()
    time.sleep(float(os.environ.get("MODEL_LOAD_SECONDS", "0")))
    return reader
