/// A role's name in SQL that cannot bind values.
public enum DatabaseRole {
    /// The name as one identifier, whatever characters it has.
    public static func quoted(_ name: String) -> String {
        "\"\(name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
    }
}
