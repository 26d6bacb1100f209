import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOPosix

/// One request and its answer over a connection of their own: a client that sends what it is given, in the spelling in which
/// it is given.
enum HTTPConnection {
    typealias Channel = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    static func exchange(
        _ method: HTTPRequest.Method,
        _ path: String,
        headers: HTTPFields,
        body: [UInt8]?,
        port: Int
    ) async throws -> APIAnswer {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try Channel(wrappingChannelSynchronously: channel)
                }
            }
        var head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method.rawValue), uri: path)
        head.headers.add(name: "Host", value: "127.0.0.1:\(port)")
        head.headers.add(name: "Connection", value: "close")
        for field in headers { head.headers.add(name: field.name.rawName, value: field.value) }
        if let body { head.headers.add(name: "Content-Length", value: "\(body.count)") }
        var parts = [HTTPClientRequestPart.head(head)]
        if let body { parts.append(.body(.byteBuffer(ByteBuffer(bytes: body)))) }
        parts.append(.end(nil))
        return try await channel.executeThenClose { [parts] inbound, outbound in
            // The answer to a body that is too large comes before all of it is sent.
            try? await outbound.write(contentsOf: parts)
            return try await answer(inbound)
        }
    }

    private static func answer(_ inbound: NIOAsyncChannelInboundStream<HTTPClientResponsePart>) async throws
        -> APIAnswer
    {
        var head: HTTPResponseHead?
        var bytes: [UInt8] = []
        for try await part in inbound {
            switch part {
            case .head(let received): head = received
            case .body(let buffer): bytes += Array(buffer: buffer)
            case .end:
                guard let head else { throw NoAnswer() }
                var headers = HTTPFields()
                for (name, value) in head.headers {
                    if let name = HTTPField.Name(name) { headers.append(HTTPField(name: name, value: value)) }
                }
                return APIAnswer(status: Int(head.status.code), headers: headers, bytes: bytes)
            }
        }
        throw NoAnswer()
    }

    /// The server has ended the connection before its answer was whole.
    struct NoAnswer: Error {}
}
