import Foundation
import Perch
import PerchOperating

/// Looks for an event in all topics.
enum EventSearch {
    struct Found: Sendable {
        var journeys: [EventJourney] = []
        var problems: [ServerProblem] = []

        mutating func add(_ other: (journeys: [EventJourney], problems: [ServerProblem])) {
            journeys += other.journeys
            problems += other.problems.filter { !problems.contains($0) }
        }
    }

    /// By its own id. No other topic has it once one does.
    static func event(_ id: UUID, _ visit: Visit) async throws -> Found {
        var found = Found()
        for topic in visit.parts.connections.contract.topics where found.journeys.isEmpty {
            let part = try await visit.parts.readers.ask { try await EventJourneys($0).event(id, in: topic) }
            found.add((visit.shown(part.journeys), part.problems))
        }
        return found
    }

    /// By its place, which several partitions may have.
    static func events(at place: EntryID, _ visit: Visit) async throws -> Found {
        var found = Found()
        for topic in visit.parts.connections.contract.topics {
            let part = try await visit.parts.readers.ask { try await EventJourneys($0).events(at: place, in: topic) }
            found.add((visit.shown(part.journeys), part.problems))
        }
        return found
    }
}
