/// What `JSONEncoding` has written: the bytes, and the values that are not complete yet, the innermost last.
///
/// A value for itself, so that a step is one access to the encoder's memory: the checks that Swift makes of each access to a
/// class were a quarter of the time.
struct JSONWriter {
    enum Shape {
        case nothing, object, array, text
        /// A null that is not written: whoever has the value decides what becomes of it.
        case null
    }

    /// Why something cannot be written. What was written is worth nothing then.
    enum Fault: Error {
        /// Not at the end of what is written.
        case outOfOrder
        /// The object has the member already.
        case twice
        /// The name holds U+0000.
        case holdsNUL
    }

    /// A value that is being encoded.
    private struct Frame {
        let number: Int
        var shape = Shape.nothing
        var count = 0
        /// Where its members' names begin in `names`.
        let firstName: Int
        /// A container within a value that encodes itself. It ends as soon as the value goes on outside of it.
        let isNested: Bool
    }

    var json: [UInt8] = []
    private var frames: [Frame] = []
    private var frameCount = 0
    private var names: [String] = []

    /// For another value; the bytes stay.
    mutating func reset() {
        frames.removeAll(keepingCapacity: true)
        names.removeAll(keepingCapacity: true)
    }

    // MARK: Frames

    /// The number of the innermost value that encodes itself.
    var innermost: Int { frames.last { !$0.isNested }?.number ?? 0 }

    /// - Returns: The new frame's number.
    @discardableResult
    mutating func beginFrame(isNested: Bool = false) -> Int {
        frameCount += 1
        frames.append(Frame(number: frameCount, firstName: names.count, isNested: isNested))
        return frameCount
    }

    /// Ends the innermost value that encodes itself, and what is open within it. Whether it was a null that is not written.
    mutating func endFrame() -> Bool {
        while let frame = frames.popLast() {
            end(frame)
            if !frame.isNested { return frame.shape == .null }
        }
        return false
    }

    private mutating func end(_ frame: Frame) {
        names.removeSubrange(frame.firstName...)
        switch frame.shape {
        case .nothing: json += "{}".utf8
        case .object: json.append(UInt8(ascii: "}"))
        case .array: json.append(UInt8(ascii: "]"))
        case .text, .null: break
        }
    }

    /// Ends the containers that are open within a frame; its index.
    private mutating func surface(to number: Int) throws(Fault) -> Int {
        while let last = frames.last, last.number != number {
            guard last.isNested else { throw .outOfOrder }
            frames.removeLast()
            end(last)
        }
        guard !frames.isEmpty else { throw .outOfOrder }
        return frames.count - 1
    }

    /// The frame is an object or an array.
    mutating func open(_ number: Int, as shape: Shape) throws(Fault) {
        let last = try surface(to: number)
        if frames[last].shape == .nothing {
            frames[last].shape = shape
            json.append(UInt8(ascii: shape == .object ? "{" : "["))
        } else if frames[last].shape != shape {
            throw .outOfOrder
        }
    }

    /// How many elements an array has by now.
    func count(of number: Int) -> Int { frames.last { $0.number == number }?.count ?? 0 }

    // MARK: Where a value goes

    /// Writes what comes before a member's value.
    mutating func beginMember(_ name: String, of number: Int) throws(Fault) {
        let last = try surface(to: number)
        guard !names[frames[last].firstName...].contains(name) else { throw .twice }
        separate(last)
        names.append(name)
        guard json.appendJSON(name) else { throw .holdsNUL }
        json.append(UInt8(ascii: ":"))
    }

    /// Writes what comes before an element.
    mutating func beginElement(of number: Int) throws(Fault) { separate(try surface(to: number)) }

    /// The frame is the one value that comes next.
    mutating func beginValue(of number: Int, as shape: Shape = .text) throws(Fault) {
        let last = try surface(to: number)
        guard frames[last].shape == .nothing else { throw .outOfOrder }
        frames[last].shape = shape
    }

    /// The frame is another value, which encodes itself.
    mutating func requireNothing(in number: Int) throws(Fault) {
        guard frames[try surface(to: number)].shape == .nothing else { throw .outOfOrder }
    }

    /// The member that was begun last is not there: what was written since `start` goes.
    mutating func takeBackMember(from start: Int) {
        guard let last = frames.indices.last else { return }
        json.removeSubrange(start...)
        names.removeLast()
        frames[last].count -= 1
    }

    private mutating func separate(_ frame: Int) {
        if frames[frame].count > 0 { json.append(UInt8(ascii: ",")) }
        frames[frame].count += 1
    }

    // MARK: Values

    mutating func append(text: String) { json += text.utf8 }

    mutating func append(_ integer: some FixedWidthInteger) {
        if integer < 0 { json.append(UInt8(ascii: "-")) }
        json.append(decimal: UInt64(integer.magnitude))
    }

    mutating func append(_ string: String) throws(Fault) {
        guard json.appendJSON(string) else { throw .holdsNUL }
    }

    mutating func appendQuoted(uuid: UnsafeRawBufferPointer) {
        json.append(UInt8(ascii: "\""))
        json.appendUUIDText(uuid)
        json.append(UInt8(ascii: "\""))
    }
}
