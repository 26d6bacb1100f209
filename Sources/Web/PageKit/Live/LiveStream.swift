import HTTPTypes
package import Hummingbird
import NIOCore
import ServiceLifecycle
import StrictJSON

/// A stream of values to one page, as server-sent events. It ends when the page is closed, when its session ends, and when the program
/// is told to stop.
package struct LiveStream: Sendable {
    let board: LiveBoard
    let number: Int
    /// Tells it from the board's other streams.
    package var id: Int { number }
    let bells: AsyncStream<Void>

    /// The answer that carries it. Send it: the stream is counted until this answer has ended.
    package func response(to request: Request) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = "text/event-stream"
        headers[.cacheControl] = "no-store"
        // A proxy in front must not gather what is to come at once.
        if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
        return Response(
            status: .ok,
            headers: headers,
            body: ResponseBody { [self] writer in
                // However it ends.
                do { try await write(to: &writer, request) } catch {}
                await board.close(number)
                try await writer.finish(nil)
            }
        )
    }

    /// Closes it where it is not sent.
    package func close() async { await board.close(number) }

    @concurrent private func write(to writer: inout any ResponseBodyWriter, _ request: Request) async throws {
        // How long a browser waits before it asks again.
        try await writer.write(ByteBuffer(string: "retry: 5000\n\n"))
        var id = 0
        for await _ in bells.cancelOnGracefulShutdown() {
            guard let parcel = await board.take(number) else { return }
            var text = ""
            if !parcel.values.isEmpty {
                id += 1
                text += try ServerSentEvent.text("values", parcel.values.named, id: id)
            }
            if !parcel.feed.isEmpty { text += try ServerSentEvent.text("feed", parcel.feed) }
            for notice in parcel.notices { text += try ServerSentEvent.text("notice", notice) }
            if parcel.isOver { text += "event: session\ndata: \"ended\"\n\n" }
            if text.isEmpty, parcel.isBeat { text = ": \n\n" }
            if !text.isEmpty { try await writer.write(ByteBuffer(string: text)) }
            if parcel.isOver { return }
        }
    }
}

extension [LiveKey: String] {
    fileprivate var named: [String: String] {
        [String: String](uniqueKeysWithValues: map { ($0.key.description, $0.value) })
    }
}
