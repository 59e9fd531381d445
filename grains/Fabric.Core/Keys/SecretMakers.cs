using Fabric.Core.Common;
using Fabric.Core.Issuers;

namespace Fabric.Core.Keys;

/// <summary>
/// Who made whose secret. Whoever makes a key, or an agent's secret, has seen it and can act by it: for an approval, holders count as one when one made the
/// other's secret, or the same third one made both, over any number of steps. Operators are above this: who may make any key of any tenant could not be held
/// by who made which. At most one entry a secret ever made.
/// </summary>
public sealed class SecretMakers
{
    private readonly Dictionary<string, HashSet<string>> _makers = new(StringComparer.Ordinal);

    /// <summary>
    /// Notes that <paramref name="by"/> (a caller's name, see <see cref="CallerText"/>) made a secret of <paramref name="holder"/>. Never forgotten: a secret that
    /// was replaced may have been used to ask.
    /// </summary>
    public void Note(string holder, string by)
    {
        var maker = CallerText.HolderOf(by);
        if (CallerText.IsOperator(by) || maker == holder)
        {
            return;
        }

        if (!_makers.TryGetValue(holder, out var makers))
        {
            _makers.Add(holder, makers = new HashSet<string>(StringComparer.Ordinal));
        }

        makers.Add(maker);
    }

    /// <summary>Notes who trusts an issuer to say which workload is which agent: whoever holds that issuer's keys, or names a key set of its own, acts as these agents.</summary>
    public void Note(IssuerTrusted trusted, string by)
    {
        foreach (var rule in trusted.Issuer.Subjects)
        {
            Note(CallerText.Holder(trusted.Tenant, rule.Agent), by);
        }
    }

    /// <summary>Whether two callers' names count as one holder.</summary>
    public bool AreOne(string name, string otherName) => Behind(CallerText.HolderOf(name)).Overlaps(Behind(CallerText.HolderOf(otherName)));

    private HashSet<string> Behind(string holder)
    {
        var behind = new HashSet<string>(StringComparer.Ordinal) { holder };
        var open = new Stack<string>([holder]);
        while (open.TryPop(out var next))
        {
            foreach (var maker in _makers.GetValueOrDefault(next) ?? [])
            {
                if (behind.Add(maker))
                {
                    open.Push(maker);
                }
            }
        }

        return behind;
    }
}
