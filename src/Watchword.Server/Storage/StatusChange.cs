namespace Watchword.Server.Storage;

/// <summary>One line of a message's history.</summary>
internal sealed record StatusChange(long At, string Status)
{
    /// <summary>The provider's name.</summary>
    public string? Provider { get; init; }

    /// <summary>The title of the route that it went by, where a try begins; null: no route took it.</summary>
    public string? Route { get; init; }

    /// <summary>The provider's own error code.</summary>
    public string? Code { get; init; }

    /// <summary>Why, in our words.</summary>
    public string? Reason { get; init; }

    /// <summary>Why, in the provider's words, redacted.</summary>
    public string? Text { get; init; }

    /// <summary>As the column keeps it: lines are added by putting them behind.</summary>
    public string Line() => StoredJson.Write(this) + ",";

    /// <summary>The lines of a column.</summary>
    public static IReadOnlyList<StatusChange> Read(string column) => StoredJson.Read<List<StatusChange>>("[" + column.TrimEnd(',') + "]");
}
