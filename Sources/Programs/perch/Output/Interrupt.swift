import Dispatch
import Foundation
import Synchronization

/// Ctrl-C while something long is under way: it ends after the step at hand, instead of in the middle of it.
///
/// It says so on the standard error. The second Ctrl-C ends the process at once.
final class Interrupt: @unchecked Sendable {
    // @unchecked: `source` is only touched in `init` and `deinit`; the compiler does not know dispatch sources to be sendable.
    private let raised = Atomic(false)
    private let source: any DispatchSourceSignal

    init() {
        signal(SIGINT, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler { [raised = Unowned(self)] in raised.interrupt?.raise() }
        source.resume()
    }

    deinit {
        source.cancel()
        signal(SIGINT, SIG_DFL)
    }

    var isRaised: Bool { raised.load(ordering: .acquiring) }

    private func raise() {
        raised.store(true, ordering: .releasing)
        signal(SIGINT, SIG_DFL)
        Console.note("\nstopping after the step at hand; Ctrl-C again ends it at once\n")
    }

    /// The source's handler must not keep its owner.
    private final class Unowned: @unchecked Sendable {
        // @unchecked: a weak reference is read atomically; it is never set again.
        weak var interrupt: Interrupt?
        init(_ interrupt: Interrupt) { self.interrupt = interrupt }
    }
}
