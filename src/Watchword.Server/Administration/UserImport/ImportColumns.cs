using Watchword.Core.Users;
using Watchword.Server.Administration.Users;

namespace Watchword.Server.Administration.UserImport;

/// <summary>Which column of a file holds what, by its heading; case, spaces, dashes and underscores do not matter.</summary>
internal sealed class ImportColumns
{
    private const string Title = "title";
    private const string FirstName = "first_name";
    private const string MiddleName = "middle_name";
    private const string LastName = "last_name";

    /// <summary>The columns that mean something, as the documentation names them.</summary>
    public static IReadOnlyList<string> Known { get; } =
    [
        UserField.PhoneNumber, UserField.Email, UserField.Username, UserField.ExternalUserId, UserField.ExternalAccountId, Title, FirstName, MiddleName, LastName, UserField.Language,
        UserField.Birthday, UserField.Picture,
    ];

    private static readonly Dictionary<string, string> Names =
        new(Known.Select(name => KeyValuePair.Create(Plain(name), name)), StringComparer.Ordinal)
        {
            ["phone"] = UserField.PhoneNumber,
            ["mobile"] = UserField.PhoneNumber,
            ["emailaddress"] = UserField.Email,
        };

    private readonly Dictionary<string, int> _columns = new(StringComparer.Ordinal);

    private ImportColumns(IReadOnlyList<string> heading) => Count = heading.Count;

    /// <summary>How many there are, known or not.</summary>
    public int Count { get; }

    /// <summary>Headings that mean nothing here; their columns are not read.</summary>
    public List<string> Ignored { get; } = [];

    /// <summary>Reads a heading; null when it has faults.</summary>
    /// <param name="heading">The first line.</param>
    /// <param name="intoApplication">Whether the users are to be in an application.</param>
    /// <param name="faults">Gets every fault, a sentence each.</param>
    public static ImportColumns? Read(IReadOnlyList<string> heading, bool intoApplication, List<string> faults)
    {
        var columns = new ImportColumns(heading);
        for (var i = 0; i < heading.Count; i++)
        {
            if (!Names.TryGetValue(Plain(heading[i]), out var name))
                columns.Ignored.Add(Shortened(heading[i], i));
            else if (!columns._columns.TryAdd(name, i))
                faults.Add($"Two columns are {name}.");
        }
        if (!columns._columns.ContainsKey(UserField.PhoneNumber) && !columns._columns.ContainsKey(UserField.Email))
            faults.Add("The first line must name the columns, and one of them must be phone_number or email.");
        foreach (var name in new[] { UserField.Username, UserField.ExternalUserId }.Where(n => !intoApplication && columns._columns.ContainsKey(n)))
            faults.Add($"The column {name} belongs to an application: choose one.");
        return faults.Count > 0 ? null : columns;
    }

    /// <summary>What a line says of a user; an empty cell says nothing.</summary>
    public UserDraft Draft(Func<int, string> cell)
    {
        var name = new PersonName(Cell(Title), Cell(FirstName), Cell(MiddleName), Cell(LastName));
        return new UserDraft
        {
            PhoneNumber = Cell(UserField.PhoneNumber),
            Email = Cell(UserField.Email),
            Username = Cell(UserField.Username),
            ExternalUserId = Cell(UserField.ExternalUserId),
            ExternalAccountId = Cell(UserField.ExternalAccountId),
            Name = name.Full is null ? null : name,
            Language = Cell(UserField.Language),
            Birthday = Cell(UserField.Birthday),
            Picture = Cell(UserField.Picture),
        };

        string? Cell(string column) => _columns.TryGetValue(column, out var index) && cell(index) is { Length: > 0 } text ? text : null;
    }

    /// <summary>A field of a user as the column that holds it.</summary>
    public static string ColumnOf(string field) => field.StartsWith("name.", StringComparison.Ordinal) ? field["name.".Length..] : field;

    private static string Plain(string heading) => string.Concat(heading.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    /// <summary>It is kept and shown, so it must not be a cell of somebody's: without a heading a file has those there.</summary>
    private static string Shortened(string heading, int i) =>
        heading.Length is > 0 and <= 40 && heading.All(c => char.IsLetter(c) || c is ' ' or '_' or '-' or '.') ? heading : $"column {i + 1}";
}
