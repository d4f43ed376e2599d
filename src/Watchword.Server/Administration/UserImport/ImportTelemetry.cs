namespace Watchword.Server.Administration.UserImport;

/// <summary>What imports log. Never a cell of a file.</summary>
internal static partial class ImportTelemetry
{
    [LoggerMessage(Level = LogLevel.Error, Message = "The import of users {Import} broke off.")]
    public static partial void Broke(ILogger logger, Exception failure, string import);
}
