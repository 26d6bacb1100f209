/// Where something of an event's data is masked.
struct MaskedPlace {
    /// The bytes, with their quotes where they are a string.
    let bounds: Range<Int>
    /// Among the masked keys of an object, which may have none twice: 0 for the first, and for all values.
    var number = 0

    /// What stands there instead: a string of JSON.
    var mask: [UInt8] { Array("\"\(Masking.mask)\(number == 0 ? "" : "\(number + 1)")\"".utf8) }
}
