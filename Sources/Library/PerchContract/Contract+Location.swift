import Foundation

extension Contract {
    /// Where the contract of this program is: the explicit folder, else what `STREAMS_DIR` names, else the first `streams`
    /// folder with a YAML file in it, from the current directory, then from the executable's folder upward.
    ///
    /// A folder that somebody named is taken even if it is wrong: to go on elsewhere would hide the mistake. A program that
    /// serves any system, as `perch` does, must not look beside itself: `nearest(to:)`.
    package static func locate(
        explicit: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        currentDirectory: String = FileManager.default.currentDirectoryPath,
        executable: String? = Bundle.main.executablePath
    ) throws(ContractError) -> String {
        if let explicit { return try named(explicit, by: "the folder that was given") }
        if let named = environment["STREAMS_DIR"], !named.isEmpty { return try self.named(named, by: "STREAMS_DIR") }

        if holdsContract("\(currentDirectory)/streams") { return "\(currentDirectory)/streams" }
        let folder = executable.map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().deletingLastPathComponent() }
        if let found = folder.flatMap({ nearest(to: $0.path) }) { return found }
        throw ContractError(
            .notFound,
            [
                ContractProblem(
                    file: "streams",
                    message: """
                        no such folder with YAML files in \(currentDirectory), nor beside or above the executable; \
                        set STREAMS_DIR to the folder of the contract
                        """
                )
            ]
        )
    }

    /// The first `streams` folder with a YAML file in it, from a directory upward.
    package static func nearest(to directory: String) -> String? {
        var folder = URL(fileURLWithPath: directory)
        while true {
            let candidate = folder.appendingPathComponent("streams").path
            if holdsContract(candidate) { return candidate }
            guard folder.path != "/" else { return nil }
            folder = folder.deletingLastPathComponent()
        }
    }

    private static func named(_ folder: String, by whom: String) throws(ContractError) -> String {
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory)
        guard exists, isDirectory.boolValue else {
            let got = exists ? "a file" : "nothing there"
            throw ContractError(
                .notFound,
                [ContractProblem(file: folder, message: "\(whom): expected a folder, got \(got)")]
            )
        }
        return folder
    }

    private static func holdsContract(_ folder: String) -> Bool {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
        return names?.contains { $0.hasSuffix(".yaml") } ?? false
    }
}
