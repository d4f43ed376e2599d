using System.Text.Json;
using System.Text.RegularExpressions;

namespace Watchword.Core.Otp;

/// <summary>The transaction that a code approves: what the payer sees is what is bound (PSD2 RTS Art. 5).</summary>
public static partial class ApprovalData
{
    /// <summary>Keys at most.</summary>
    public const int MaxKeys = 10;

    private const int MaxValueLength = 256;

    /// <summary>What is wrong with it, or null: a flat object of at most ten keys of letters, digits and <c>_ - .</c>.</summary>
    public static string? Fault(JsonElement data)
    {
        if (data.ValueKind != JsonValueKind.Object)
            return "approval_data must be an object.";
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in data.EnumerateObject())
        {
            if (!keys.Add(property.Name))
                return "approval_data must not name a key twice.";
            if (!Key().IsMatch(property.Name))
                return "approval_data keys must be 1 to 64 letters, digits, '_', '-' or '.'.";
            if (property.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                return "approval_data must be flat: no objects or arrays inside it.";
            if (property.Value.GetRawText().Length > MaxValueLength)
                return $"approval_data values must be at most {MaxValueLength} characters.";
        }
        return keys.Count > MaxKeys ? $"approval_data must have at most {MaxKeys} keys." : null;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_.\-]{1,64}\z")]
    private static partial Regex Key();
}
