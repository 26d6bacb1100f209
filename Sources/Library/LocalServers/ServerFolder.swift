import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where a server keeps its data, its log and its socket.
struct ServerFolder {
    let path: String
    let isTemporary: Bool

    /// The given folder, made if it is missing, or a new one in the system's temporary place.
    init(_ path: String?, name: String) throws(LocalServerError) {
        if let path {
            let full = URL(fileURLWithPath: path).standardizedFileURL.path
            do {
                try FileManager.default.createDirectory(
                    atPath: full,
                    withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700]
                )
            } catch {
                throw LocalServerError(.folder, "Cannot make the folder \(full): \(error.localizedDescription)")
            }
            self.path = full
            isTemporary = false
        } else {
            var template = Array("\(temporaryPlace())/perch-\(name)-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else {
                throw LocalServerError(
                    .folder,
                    "Cannot make a folder in \(temporaryPlace()): \(reason(errno))."
                )
            }
            self.path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
            isTemporary = true
        }
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// A Unix socket's path in this folder; nil where it is longer than the system allows (about 100 bytes).
    func socket(_ name: String) -> String? {
        file(name).utf8.count < 100 ? file(name) : nil
    }

    func removeIfTemporary() {
        if isTemporary { try? FileManager.default.removeItem(atPath: path) }
    }
}

/// Root's servers drop their rights, and a private TMPDIR of root's may be closed to them.
func temporaryPlace() -> String {
    if geteuid() == 0 { return "/tmp" }
    let place = NSTemporaryDirectory()
    return place.count > 1 && place.hasSuffix("/") ? String(place.dropLast()) : place
}
