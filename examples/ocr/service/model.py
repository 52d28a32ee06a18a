"""
The model, a process of its own: a gRPC server on a socket in the pod. The pod's server asks it, or its worker, whichever there is; it does not know which,
and goes on when the one makes way for the other.
"""
import os

import grpc

import check
import ocr_pb2
import ocr_pb2_grpc
import readers
from serving import serve


class Model(ocr_pb2_grpc.OcrServicer):
    def __init__(self, reader):
        self.reader = reader

    def Read(self, request, context):
        try:
            return ocr_pb2.Answer(text=self.reader.read(request.content), pod=os.environ["POD_NAME"])
        except ValueError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))


if __name__ == "__main__":
    # Nobody is let in before it is loaded: until then there is no socket, and TERM ends the program at once.
    serve("model", Model(readers.load()), f"unix:{check.SOCKET}")
