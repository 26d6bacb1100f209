import Foundation

extension Contract {
    /// Loads a contract: each `NAME.yaml` of a folder is the topic `NAME`.
    ///
    /// - Parameter directory: the folder. Without it the contract is looked for: the folder that the environment's
    ///   `STREAMS_DIR` names, `streams` in the current directory, then `streams` beside the executable and in each
    ///   folder above it.
    /// - Throws: `.notFound`, `.unreadable`, or `.invalid` with everything that is wrong in its files.
    public static func load(directory: String? = nil) throws(ContractError) -> Contract {
        let directory = try locate(explicit: directory)
        return try load(files: try readFiles(of: directory))
    }

    /// Loads a contract from texts: for a test whose topics are not those of the system, or for texts that lie in no folder.
    ///
    ///     let contract = try Contract.load(texts: ["orders": """
    ///         owner: shop
    ///         key: order_id
    ///         …
    ///         """])
    ///
    /// It is checked as a folder's files are, so no other contract can be made by it.
    ///
    /// - Parameter texts: The YAML that declares each topic, as its file has it. None at all is a contract without topics.
    /// - Throws: `.invalid` with everything that is wrong in them; the file's name there is `TOPIC.yaml`.
    public static func load(texts: [TopicName: String]) throws(ContractError) -> Contract {
        let files = texts.sorted { $0.key < $1.key }
            .map { ContractFile(topic: $0.key, name: "\($0.key).yaml", text: $0.value) }
        return try load(files: files)
    }

    /// Loads a contract from files, wherever they come from.
    ///
    /// - Parameters:
    ///   - files: a file for each topic.
    ///   - isChecked: whether contradictions within the contract are errors too.
    package static func load(
        files: [ContractFile],
        isChecked: Bool = true
    ) throws(ContractError) -> Contract {
        var topics: [TopicContract] = []
        var problems: [ContractProblem] = []
        var readers: [TopicName: ContractReader] = [:]
        for file in files {
            let reader = ContractReader(file: file.name)
            if let topic = reader.readTopic(named: file.topic, from: file.text) { topics.append(topic) }
            problems += reader.problems
            readers[file.topic] = reader
        }
        let contract = Contract(topics: topics)
        if isChecked {
            // A contract that could not be read whole is not told what only seems to be missing.
            for contradiction in problems.isEmpty ? contract.contradictions() : [] {
                problems.append(contradiction.problem(in: readers[contradiction.topic]))
            }
        }
        guard problems.isEmpty else { throw ContractError(.invalid, problems) }
        return contract
    }

    private static func readFiles(of directory: String) throws(ContractError) -> [ContractFile] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
        } catch {
            throw ContractError(
                .unreadable,
                [ContractProblem(file: directory, message: "cannot be read: \(reason(error))")]
            )
        }
        var files: [ContractFile] = []
        var problems: [ContractProblem] = []
        for name in names where !name.hasPrefix(".") {
            let path = directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
            if name.hasSuffix(".yml") {
                problems.append(ContractProblem(file: path, message: "expected a name that ends in .yaml; rename it"))
            }
            guard name.hasSuffix(".yaml") else { continue }
            guard let bytes = FileManager.default.contents(atPath: path) else {
                throw ContractError(.unreadable, [ContractProblem(file: path, message: "cannot be read")])
            }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                problems.append(ContractProblem(file: path, message: "expected UTF-8, got other bytes"))
                continue
            }
            let topic = TopicName(rawValue: String(name.dropLast(".yaml".count)))
            files.append(ContractFile(topic: topic, name: path, text: text))
        }
        guard problems.isEmpty else { throw ContractError(.invalid, problems) }
        guard !files.isEmpty else {
            throw ContractError(
                .notFound,
                [ContractProblem(file: directory, message: "expected a file for each topic (TOPIC.yaml), got none")]
            )
        }
        return files
    }

    private static func reason(_ error: any Error) -> String {
        (error as NSError).localizedFailureReason ?? (error as NSError).localizedDescription
    }
}
