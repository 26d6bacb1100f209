/// Where a page of a list begins: a place between two rows, told by the key of one of them. Whoever comes back to it finds
/// the same rows, whatever was added or taken away elsewhere.
public enum ListPlace<Key: Sendable & Hashable>: Sendable, Hashable {
    /// The list's first rows.
    case start
    /// What follows this row.
    case after(Key)
    /// What comes before this row, up to it.
    case before(Key)
}
