namespace Watchword.Bench.Concealment;

/// <summary>Whether two samples may be of one distribution.</summary>
internal static class KolmogorovSmirnov
{
    /// <summary>The largest distance between the two empirical distributions, and the chance of one as large when there is no difference (asymptotic).</summary>
    public static (double D, double P) Compare(double[] a, double[] b)
    {
        Array.Sort(a);
        Array.Sort(b);
        var (i, j, d) = (0, 0, 0.0);
        while (i < a.Length && j < b.Length)
        {
            var x = Math.Min(a[i], b[j]);
            while (i < a.Length && a[i] <= x)
                i++;
            while (j < b.Length && b[j] <= x)
                j++;
            d = Math.Max(d, Math.Abs(((double)i / a.Length) - ((double)j / b.Length)));
        }
        var n = Math.Sqrt((double)a.Length * b.Length / (a.Length + b.Length));
        return (d, Chance((n + 0.12 + (0.11 / n)) * d));
    }

    /// <summary>Kolmogorov's distribution, as its series (Stephens 1970 for small samples).</summary>
    private static double Chance(double lambda)
    {
        if (lambda < 0.2)
            return 1; // The series converges too slowly there, towards 1.
        var sum = 0.0;
        for (var k = 1; k <= 100; k++)
            sum += (k % 2 == 1 ? 2 : -2) * Math.Exp(-2 * k * k * lambda * lambda);
        return Math.Clamp(sum, 0, 1);
    }
}
