import NIOCore
import NIOPosix
import Synchronization

/// A server that answers whatever it is sent by one text, and may then go on without an end.
package final class RawServer: Sendable {
    /// How many requests have come.
    package var requests: Int { count.load(ordering: .acquiring) }
    private let count = Atomic(0)

    /// Lends one while the body runs.
    ///
    /// - Parameter drips: After the answer a byte comes every 20 ms, for as long as anybody takes it.
    package static func serving<R>(
        _ answer: String,
        drips: Bool = false,
        _ body: (_ server: RawServer, _ port: Int) async throws -> R
    ) async throws -> R {
        let server = RawServer()
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Answering(answer: answer, drips: drips, server: server)
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            let result = try await body(server, channel.localAddress?.port ?? 0)
            try await channel.close()
            return result
        } catch {
            try? await channel.close()
            throw error
        }
    }

    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let answer: String
        private let drips: Bool
        private let server: RawServer

        init(answer: String, drips: Bool, server: RawServer) {
            self.answer = answer
            self.drips = drips
            self.server = server
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            server.count.add(1, ordering: .acquiringAndReleasing)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
            if drips { drip(context) }
        }

        private func drip(_ context: ChannelHandlerContext) {
            context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(20)) {
                guard context.channel.isActive else { return }
                context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: " ")), promise: nil)
                self.drip(context)
            }
        }
    }
}
