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

    /// A value that is being encoded.
    private struct Frame {
        let number: Int
        var shape = Shape.nothing
        var count = 0
        /// Where its members' names begin in `names`.
        let firstName: Int
    }

    var json: [UInt8] = []
    /// False once something came that is not at the end of what is written: the bytes are worth nothing then.
    private(set) var isInOrder = true
    private var frames: [Frame] = []
    private var frameCount = 0
    private var names: [String] = []

    /// For another value; the bytes stay.
    mutating func reset() {
        isInOrder = true
        frames.removeAll(keepingCapacity: true)
        names.removeAll(keepingCapacity: true)
    }

    mutating func leaveOrder() { isInOrder = false }

    // MARK: Frames

    /// The number of the innermost value.
    var innermost: Int { frames.last?.number ?? 0 }

    mutating func beginFrame() {
        frameCount += 1
        frames.append(Frame(number: frameCount, firstName: names.count))
    }

    /// Whether the value was a null that is not written.
    mutating func endFrame() -> Bool {
        guard let frame = frames.popLast() else { return false }
        names.removeSubrange(frame.firstName...)
        switch frame.shape {
        case .nothing: json += "{}".utf8
        case .object: json.append(UInt8(ascii: "}"))
        case .array: json.append(UInt8(ascii: "]"))
        case .text: break
        case .null: return true
        }
        return false
    }

    /// The innermost value is an object or an array; its number.
    mutating func open(_ shape: Shape) -> Int {
        guard let last = frames.indices.last else { return 0 }
        if frames[last].shape == .nothing {
            frames[last].shape = shape
            json.append(UInt8(ascii: shape == .object ? "{" : "["))
        } else if frames[last].shape != shape {
            isInOrder = false
        }
        return frames[last].number
    }

    /// How many elements an array has by now.
    func count(of number: Int) -> Int { frames.last { $0.number == number }?.count ?? 0 }

    // MARK: Where a value goes

    enum Place {
        case here
        /// Not at the end of what is written.
        case elsewhere
        /// The name holds U+0000.
        case nowhere
    }

    /// Writes what comes before a member's value.
    mutating func beginMember(_ name: String, of number: Int) -> Place {
        guard let last = place(in: number), !names[frames[last].firstName...].contains(name) else {
            isInOrder = false
            return .elsewhere
        }
        separate(last)
        names.append(name)
        guard json.appendJSON(name) else {
            isInOrder = false
            return .nowhere
        }
        json.append(UInt8(ascii: ":"))
        return .here
    }

    /// Writes what comes before an element; whether the element is to be written.
    mutating func beginElement(of number: Int) -> Bool {
        guard let last = place(in: number) else {
            isInOrder = false
            return false
        }
        separate(last)
        return true
    }

    /// Whether the one value that a frame is may be written.
    mutating func beginValue(of number: Int, as shape: Shape = .text) -> Bool {
        guard let last = place(in: number), frames[last].shape == .nothing else {
            isInOrder = false
            return false
        }
        frames[last].shape = shape
        return true
    }

    /// The member that was begun last is not there: what was written since `start` goes.
    mutating func takeBackMember(from start: Int) {
        guard isInOrder, let last = frames.indices.last else { return }
        json.removeSubrange(start...)
        names.removeLast()
        frames[last].count -= 1
    }

    private func place(in number: Int) -> Int? {
        guard isInOrder, let last = frames.indices.last, frames[last].number == number else { return nil }
        return last
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

    /// False: it holds U+0000.
    mutating func append(_ string: String) -> Bool {
        guard !json.appendJSON(string) else { return true }
        isInOrder = false
        return false
    }

    mutating func appendQuoted(uuid: UnsafeRawBufferPointer) {
        json.append(UInt8(ascii: "\""))
        json.appendUUIDText(uuid)
        json.append(UInt8(ascii: "\""))
    }
}
