// Methods and statuses are part of how calls are declared: whoever imports ServiceKit can name them.
@_exported public import HTTPTypes
