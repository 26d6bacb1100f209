import NIOCore
import NIOPosix

/// A connection over which a test sends bytes as they are, and reads what comes.
package struct RawConnection {
    private let inbound: NIOAsyncChannelInboundStream<ByteBuffer>
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

    /// Lends a connection to a port of this machine.
    package static func open<R>(_ port: Int, _ body: (RawConnection) async throws -> R) async throws
        -> R
    {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await body(RawConnection(inbound: inbound, outbound: outbound))
        }
    }

    /// - Throws: where the other side has ended the connection.
    package func send(_ text: String) async throws {
        try await outbound.write(ByteBuffer(string: text))
    }

    /// What comes until a text has come, or the connection's end. Call it once.
    package func read(until end: String? = nil) async -> String {
        await read { text in end.map { text.contains($0) } ?? false }
    }

    /// What comes until it is enough, or the connection's end. Call it once.
    package func read(where isEnough: (String) -> Bool) async -> String {
        var received = ByteBuffer()
        do {
            for try await part in inbound {
                received.writeImmutableBuffer(part)
                if isEnough(String(buffer: received)) { break }
            }
        } catch {
            // Cut off: what came before has come.
        }
        return String(buffer: received)
    }
}
