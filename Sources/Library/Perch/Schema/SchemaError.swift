/// The database's schema does not fit this program.
public enum SchemaError: Error, CustomStringConvertible {
    case newer(component: String, found: Int, known: Int)

    /// Names both versions, and says to start the newer program.
    public var description: String {
        switch self {
        case .newer(let component, let found, let known):
            """
            the database has version \(found) of the schema "\(component)" and this program knows up to \(known): \
            start the program's newer release
            """
        }
    }
}
