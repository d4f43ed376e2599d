using System.Globalization;
using System.Security.Cryptography;
using Acme.Start;
using Watchword.Bench.Concealment;
using Watchword.Client.Management;
using Watchword.Client.Users;

// Asks the sample about numbers with an account and without, in an order drawn at random, and compares what came back and how long it took.
var tries = Number("--tries", 5000);
var pace = Number("--pace", 250);
var visitors = Number("--visitors", 8);
var raw = Array.IndexOf(args, "--raw") is >= 0 and var where && where + 1 < args.Length ? args[where + 1] : null;
var folder = Directory.CreateTempSubdirectory("watchword-concealment-").FullName;
await using var couple = await Couple.StartAsync(
    new CoupleOptions
    {
        Folder = folder,
        ServerPort = 15_080,
        WebPort = 15_090,
        // Each number is asked about once per question; limits are tested elsewhere.
        SendLimits = new SendLimits(CooldownSeconds: 0, PerTenMinutes: 0, PerHour: 0, PerDay: 0),
        Web = new Dictionary<string, string>
        {
            ["Acme__Pace"] = TimeSpan.FromMilliseconds(pace).ToString("c", CultureInfo.InvariantCulture),
            ["Acme__FormsPerMinute"] = "1000000000",
        },
    },
    CancellationToken.None);

var numbers = Draw(tries);
var users = couple.ClientOf(couple.Client.Id, couple.Client.Secret).Users;
await Parallel.ForEachAsync(numbers.Where(n => n.Known), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (number, stop) =>
    await users.CreateAsync(new NewUser { PhoneNumber = number.Text }, stop));

Console.WriteLine($"{tries} tries, {visitors} visitors at a time, pace {pace} ms");
Console.WriteLine();
Console.WriteLine("| question | with account, median ms | without, median ms | KS D | p | answers |");
Console.WriteLine("|---|--:|--:|--:|--:|---|");
var good = true;
foreach (var question in new[] { Question.Login, Question.WrongCode, Question.SignUp })
{
    await Crowd.AskAsync(couple.WebUrl, question, Draw(200, warmUp: true), visitors);
    var answers = await Crowd.AskAsync(couple.WebUrl, question, numbers, visitors);
    var (known, unknown) = (answers.Where(a => a.Number.Known).ToList(), answers.Where(a => !a.Number.Known).ToList());
    var (d, p) = KolmogorovSmirnov.Compare([.. known.Select(a => a.Milliseconds)], [.. unknown.Select(a => a.Milliseconds)]);
    if (raw is not null)
        await File.AppendAllLinesAsync(raw, answers.Select(a => FormattableString.Invariant($"{question.Name},{(a.Number.Known ? "with" : "without")},{a.Milliseconds:0.000}")));
    var kinds = answers.Select(a => a.Seen).Distinct(StringComparer.Ordinal).ToList();
    good &= kinds.Count == 1 && p > 0.01;
    Console.WriteLine(FormattableString.Invariant(
        $"| {question.Name} | {Median(known):0.00} | {Median(unknown):0.00} | {d:0.0000} | {p:0.000} | {(kinds.Count == 1 ? "all alike" : kinds.Count + " kinds")} |"));
    if (kinds.Count > 1)
        await File.WriteAllLinesAsync(Path.Combine(folder, $"{question.Name}.txt"), kinds);
}
await couple.DisposeAsync();
if (good)
    Directory.Delete(folder, recursive: true);
else
    Console.WriteLine($"What differed is in {folder}");
return good ? 0 : 1;

int Number(string name, int usual) =>
    Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : usual;

// Half of them get an account. Which ones, chance decides, and in what order they are asked about.
static List<PhoneNumber> Draw(int count, bool warmUp = false)
{
    var numbers = Enumerable.Range(0, count).Select(i => new PhoneNumber($"+447{(warmUp ? 401 : 400)}{i:000000}", !warmUp && i % 2 == 0)).ToArray();
    RandomNumberGenerator.Shuffle<PhoneNumber>(numbers);
    return [.. numbers];
}

static double Median(List<TimedAnswer> answers) => answers.Select(a => a.Milliseconds).Order().ElementAt(answers.Count / 2);
