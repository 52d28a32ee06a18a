"""
Transformer blocks with random weights, on the GPU if there is one, else on the CPU, so that small ones can be tried there.
"""
import resource

import torch

CUDA = torch.cuda.is_available()
DEVICE = torch.device("cuda" if CUDA else "cpu")
TYPE = torch.float16 if CUDA else torch.float32


class Model:
    def __init__(self, blocks: int, width: int, heads: int, tokens: int, batch: int):
        self.blocks = torch.nn.Sequential(*(
            torch.nn.TransformerEncoderLayer(width, heads, 4 * width, dropout=0, batch_first=True, norm_first=True, device=DEVICE, dtype=TYPE) for _ in range(blocks)
        )).eval()
        # As it comes from a caller or a queue: it is not on the GPU yet.
        self.inputs = torch.randn(batch, tokens, width, dtype=TYPE)

    @torch.inference_mode()
    def run(self) -> float:
        """One batch, until its result is there."""
        return self.blocks(self.inputs.to(DEVICE))[0, 0, 0].item()


def memory() -> int:
    """Bytes that are taken on the GPU, by all; on a CPU the most that this process had."""
    if CUDA:
        free, total = torch.cuda.mem_get_info()
        return total - free
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
