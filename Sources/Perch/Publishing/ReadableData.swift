/// Looks at the data of events that are about to be published with the reader's own eyes, so that their rows may say that
/// they were looked at. It uses its memory again for the next.
final class ReadableData {
    private var json = JSONReader()

    /// - Throws: `EncodingError` where no reader would take it: too large, nested too deep, a name twice.
    func require(_ data: UnsafeRawBufferPointer, of event: some Event) throws {
        guard let problem = EntryReader.problem(ofData: data, &json) else { return }
        let context = EncodingError.Context(codingPath: [], debugDescription: "no reader takes its data: \(problem)")
        throw EncodingError.invalidValue(event, context)
    }
}
