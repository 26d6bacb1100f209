import Foundation
import Logging
import Perch
import ServiceKit
import Synchronization

/// What was written through a log handler: the bytes of each write, as a pipe keeps them apart from nothing else.
func capturing(_ body: (LogOutput) throws -> Void) throws -> String {
    let pipe = Pipe()
    try body(LogOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor))
    try pipe.fileHandleForWriting.close()
    return String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
}

/// Keeps the metadata of the lines that are logged.
struct CapturedLog: LogHandler {
    final class Lines: Sendable {
        private let lines = Mutex<[Logger.Metadata]>([])
        var all: [Logger.Metadata] { lines.withLock { $0 } }
        func append(_ line: Logger.Metadata) { lines.withLock { $0.append(line) } }
    }

    let lines: Lines
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(_ lines: Lines) { self.lines = lines }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.append(event.metadata ?? [:]) }
}
