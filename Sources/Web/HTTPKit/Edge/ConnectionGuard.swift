import NIOCore
import NIOHTTP1

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Keeps one connection within its limits: the deadlines of bodies, answers and the drain; the end of a connection whose
/// request was answered before it was read; and heads that readers would understand differently.
///
/// It stands between the parser and Hummingbird, on the connection's event loop.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let limits: EdgeLimits
    /// Heads that were let in.
    private var received = 0
    /// Answers that were written to their end.
    private var answered = 0
    /// The last request that was let in has not been read to its end.
    private var isBodyOpen = false
    /// The number of the answer after which the connection ends; nil while more may come.
    private var lastAnswer: Int?
    /// The last answer has been written: what still comes is thrown away.
    private var isLingering = false
    private var lingered = 0
    /// Answers that the system has not taken yet.
    private var unsent = 0
    private var bodyDeadline: Scheduled<Void>?
    private var answerDeadline: Scheduled<Void>?
    private var endDeadline: Scheduled<Void>?

    init(_ limits: EdgeLimits) { self.limits = limits }

    func handlerRemoved(context: ChannelHandlerContext) {
        for deadline in [bodyDeadline, answerDeadline, endDeadline] { deadline?.cancel() }
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if lastAnswer != nil { return discard(part, context) }
        switch part {
        case .head(let head):
            if let problem = RequestFraming.problem(of: head) { return refuse(problem, context) }
            received += 1
            isBodyOpen = true
        case .body:
            break
        case .end:
            isBodyOpen = false
            bodyDeadline?.cancel()
            bodyDeadline = nil
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        awaitBody(context)
        context.fireChannelReadComplete()
        // Nobody behind this asks for more.
        if isLingering { context.read() }
    }

    /// The parser's errors, and our own.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError, lastAnswer == nil {
            lastAnswer = isBodyOpen ? received : received + 1
        }
        context.fireErrorCaught(error)
    }

    private func refuse(_ problem: HTTPParserError, _ context: ChannelHandlerContext) {
        lastAnswer = received + 1
        context.fireErrorCaught(problem)
    }

    /// A body has its time from when it is its turn to be read: before that it waits for us, and not we for it.
    private func awaitBody(_ context: ChannelHandlerContext) {
        guard isBodyOpen, lastAnswer == nil, bodyDeadline == nil, received == answered + 1 else {
            return
        }
        bodyDeadline = after(limits.body, context) { guardian, context in
            guard guardian.isBodyOpen, guardian.lastAnswer == nil else { return }
            guardian.lastAnswer = guardian.received
            context.fireErrorCaught(BodyTookTooLong())
        }
    }

    private func discard(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        guard isLingering, case .body(let bytes) = part else { return }
        lingered += bytes.readableBytes
        if lingered > limits.lingerBytes { context.close(promise: nil) }
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            // Answered before it was read to its end: the rest is not waited for.
            if isBodyOpen, received == answered + 1, lastAnswer == nil { lastAnswer = received }
            if lastAnswer == answered + 1 {
                head.headers.replaceOrAdd(name: "Connection", value: "close")
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            answered += 1
            unsent += 1
            let sent = promise ?? context.eventLoop.makePromise(of: Void.self)
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            sent.futureResult.whenComplete { _ in
                let (guardian, context) = bound.value
                guardian.wasSent(context)
            }
            context.write(data, promise: sent)
            awaitBody(context)
        }
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        awaitReader(context)
        if unsent == 0 { lingerIfDone(context) }
    }

    private func wasSent(_ context: ChannelHandlerContext) {
        unsent -= 1
        answerDeadline?.cancel()
        answerDeadline = nil
        awaitReader(context)
        if unsent == 0 { lingerIfDone(context) }
    }

    private func awaitReader(_ context: ChannelHandlerContext) {
        guard unsent > 0, answerDeadline == nil, context.channel.isActive else { return }
        answerDeadline = after(limits.answer, context) { $0.abort($1) }
    }

    /// After the last answer: no more is written, and a little is read.
    private func lingerIfDone(_ context: ChannelHandlerContext) {
        guard let lastAnswer, answered >= lastAnswer, !isLingering, context.channel.isActive else {
            return
        }
        isLingering = true
        bodyDeadline?.cancel()
        context.close(mode: .output, promise: nil)
        endDeadline?.cancel()
        endDeadline = after(limits.linger, context) { $1.close(promise: nil) }
        context.read()
    }

    // MARK: The end

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent where !isLingering:
            endDeadline?.cancel()
            endDeadline = after(limits.drain, context) { $0.abort($1) }
        case ChannelEvent.inputClosed where isLingering:
            context.close(promise: nil)
        default:
            break
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Cuts the connection, and what the system keeps for its reader.
    private func abort(_ context: ChannelHandlerContext) {
        let options = context.channel as? any SocketOptionProvider
        options?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenFailure { _ in }
        context.close(promise: nil)
    }

    private func after(
        _ limit: Duration,
        _ context: ChannelHandlerContext,
        _ body: @escaping (ConnectionGuard, ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) {
            if context.channel.isActive { body(self, context) }
        }
    }
}

/// A request's body was not whole in time.
package struct BodyTookTooLong: Error {}
