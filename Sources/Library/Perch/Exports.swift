// The contract, typed events and the values of the protocol (TopicName, EventType, EntryID …) are part of this library's
// interface: whoever imports Perch can name them.
@_exported public import PerchContract
