"""Serves synchronously: a gRPC server for clients, which loads nothing, and passes every request on to the model of its pod."""
import os

import grpc

import check
import ocr_pb2_grpc
from serving import serve


class Server(ocr_pb2_grpc.OcrServicer):
    def __init__(self):
        self.model = ocr_pb2_grpc.OcrStub(grpc.insecure_channel(f"unix:{check.SOCKET}"))

    def Read(self, request, context):
        try:
            return self.model.Read(request)
        except grpc.RpcError as error:
            context.abort(error.code(), error.details())


if __name__ == "__main__":
    serve("server", Server(), f"[::]:{os.environ.get('PORT', '50051')}")
