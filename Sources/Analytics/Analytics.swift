/// The service that tells admins how business goes: a read model of everybody else's events.
public enum Analytics {}
