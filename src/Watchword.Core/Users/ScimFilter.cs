using System.Diagnostics.CodeAnalysis;

namespace Watchword.Core.Users;

/// <summary>What a caller searches users by: the filter grammar of SCIM (RFC 7644 §3.4.2.2) as a tree, to be turned into a query.</summary>
public abstract record ScimFilter
{
    /// <summary>The longest text read, in UTF-16 units.</summary>
    public const int MaxLength = 2000;

    /// <summary>How deep brackets may nest.</summary>
    public const int MaxDepth = 20;

    /// <summary>The most comparisons in one filter.</summary>
    public const int MaxComparisons = 50;

    private ScimFilter()
    {
    }

    /// <summary>
    /// Reads a filter; otherwise <paramref name="fault"/> says in a sentence for a developer what is wrong and at which character,
    /// counted from 1.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ScimFilter? filter, [NotNullWhen(false)] out string? fault)
    {
        var parser = new ScimFilterParser(text);
        filter = parser.Parse();
        fault = filter is null ? parser.Fault : null;
        return filter is not null;
    }

    /// <summary>One attribute against one value; the value is absent for "pr" alone. The attribute is spelt as the caller did.</summary>
    public sealed record Compare(string Attribute, ScimOperator Operator, ScimValue? Value) : ScimFilter;

    /// <summary>Both sides hold.</summary>
    public sealed record And(ScimFilter Left, ScimFilter Right) : ScimFilter;

    /// <summary>At least one side holds.</summary>
    public sealed record Or(ScimFilter Left, ScimFilter Right) : ScimFilter;

    /// <summary>The inner filter does not hold.</summary>
    public sealed record Not(ScimFilter Inner) : ScimFilter;
}

/// <summary>The comparisons that a filter may use (RFC 7644 table 3, without co and ew).</summary>
public enum ScimOperator
{
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
    /// <summary>Present: the attribute has a value.</summary>
    Pr,
    /// <summary>Starts with; strings only.</summary>
    Sw,
}

/// <summary>What an attribute is compared with: one of JSON's plain values, free of control characters and lone surrogates.</summary>
public abstract record ScimValue
{
    private ScimValue()
    {
    }

    /// <summary>A string, its escapes resolved.</summary>
    public sealed record Text(string Value) : ScimValue;

    /// <summary>A number written without fraction or exponent; fits 64 bits.</summary>
    public sealed record Whole(long Value) : ScimValue;

    /// <summary>A number written with fraction or exponent; finite.</summary>
    public sealed record Real(double Value) : ScimValue;

    /// <summary>true or false.</summary>
    public sealed record Flag(bool Value) : ScimValue;

    /// <summary>null.</summary>
    public sealed record Null : ScimValue;
}
