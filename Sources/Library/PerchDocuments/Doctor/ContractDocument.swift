/// Which contract a program went by, as JSON.
package struct ContractDocument: Encodable {
    let folder, from: String

    package init(folder: String, from: String) { (self.folder, self.from) = (folder, from) }
}
