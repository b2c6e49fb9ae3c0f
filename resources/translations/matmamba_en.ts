<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en">
<context>
    <name>QObject</name>
    <message numerus="yes">
        <source>%1 pictures</source>
        <translation>
            <numerusform>%1 picture</numerusform>
            <numerusform>%1 pictures</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 tokens</source>
        <translation>
            <numerusform>%1 token</numerusform>
            <numerusform>%1 tokens</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %2 pictures</source>
        <translation>
            <numerusform>%1 of %2 picture</numerusform>
            <numerusform>%1 of %2 pictures</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %2 tokens</source>
        <translation>
            <numerusform>%1 of %2 token</numerusform>
            <numerusform>%1 of %2 tokens</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>one MODEL is expected, but %n were given</source>
        <translation>
            <numerusform>one MODEL is expected, but %n was given</numerusform>
            <numerusform>one MODEL is expected, but %n were given</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>matmamba::ClassifyPage</name>
    <message numerus="yes">
        <source>%1 pictures</source>
        <translation>
            <numerusform>%1 picture</numerusform>
            <numerusform>%1 pictures</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>matmamba::DetailsPanel</name>
    <message numerus="yes">
        <source>vision, %n classes</source>
        <translation>
            <numerusform>vision, %n class</numerusform>
            <numerusform>vision, %n classes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>language, %1 entries</source>
        <translation>
            <numerusform>language, %1 entry</numerusform>
            <numerusform>language, %1 entries</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n layers, d_model %1, d_state %2, heads of %3</source>
        <translation>
            <numerusform>%n layer, d_model %1, d_state %2, heads of %3</numerusform>
            <numerusform>%n layers, d_model %1, d_state %2, heads of %3</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 pictures</source>
        <translation>
            <numerusform>%1 picture</numerusform>
            <numerusform>%1 pictures</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 scored tokens</source>
        <translation>
            <numerusform>%1 scored token</numerusform>
            <numerusform>%1 scored tokens</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>of up to %n tokens</source>
        <translation>
            <numerusform>of up to %n token</numerusform>
            <numerusform>of up to %n tokens</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>matmamba::ExplorerWindow</name>
    <message numerus="yes">
        <source>Measured on all %1 pictures</source>
        <translation>
            <numerusform>Measured on %1 picture</numerusform>
            <numerusform>Measured on all %1 pictures</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Measured on all %1 tokens</source>
        <translation>
            <numerusform>Measured on %1 token</numerusform>
            <numerusform>Measured on all %1 tokens</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>&lt;b&gt;%1&lt;/b&gt;, %n layers, %2 parameters</source>
        <translation>
            <numerusform>&lt;b&gt;%1&lt;/b&gt;, %n layer, %2 parameters</numerusform>
            <numerusform>&lt;b&gt;%1&lt;/b&gt;, %n layers, %2 parameters</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>matmamba::GeneratePage</name>
    <message numerus="yes">
        <source>%n tokens</source>
        <translation>
            <numerusform>%n token</numerusform>
            <numerusform>%n tokens</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tokens, the first after %1, then %2 tokens/s</source>
        <translation>
            <numerusform>%n token, the first after %1, then %2 tokens/s</numerusform>
            <numerusform>%n tokens, the first after %1, then %2 tokens/s</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tokens, the first after %1</source>
        <translation>
            <numerusform>%n token, the first after %1</numerusform>
            <numerusform>%n tokens, the first after %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>matmamba::LayerGrid</name>
    <message numerus="yes">
        <source>Layer %1 at %n heads, all others at %2</source>
        <translation>
            <numerusform>Layer %1 at %n head, all others at %2</numerusform>
            <numerusform>Layer %1 at %n heads, all others at %2</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Layer %1 at %n heads: not measured</source>
        <translation>
            <numerusform>Layer %1 at %n head: not measured</numerusform>
            <numerusform>Layer %1 at %n heads: not measured</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Layer %1 at %n heads: full width, loss %2 %3, %4</source>
        <translation>
            <numerusform>Layer %1 at %n head: full width, loss %2 %3, %4</numerusform>
            <numerusform>Layer %1 at %n heads: full width, loss %2 %3, %4</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Layer %1 at %n heads: loss %2 %3 lower, plus or minus %4, %5</source>
        <translation>
            <numerusform>Layer %1 at %n head: loss %2 %3 lower, plus or minus %4, %5</numerusform>
            <numerusform>Layer %1 at %n heads: loss %2 %3 lower, plus or minus %4, %5</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Layer %1 at %n heads: loss %2 %3 higher, plus or minus %4, %5</source>
        <translation>
            <numerusform>Layer %1 at %n head: loss %2 %3 higher, plus or minus %4, %5</numerusform>
            <numerusform>Layer %1 at %n heads: loss %2 %3 higher, plus or minus %4, %5</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n heads</source>
        <translation>
            <numerusform>%n head</numerusform>
            <numerusform>%n heads</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>matmamba::LayersPage</name>
    <message numerus="yes">
        <source>%1 of %2 cells, %3 samples each</source>
        <translation>
            <numerusform>%1 of %2 cells, %3 sample each</numerusform>
            <numerusform>%1 of %2 cells, %3 samples each</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %2 cells, %3 samples each; %4 left</source>
        <translation>
            <numerusform>%1 of %2 cells, %3 sample each; %4 left</numerusform>
            <numerusform>%1 of %2 cells, %3 samples each; %4 left</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %2 cells, %3 samples each; the others take %4</source>
        <translation>
            <numerusform>%1 of %2 cells, %3 sample each; the others take %4</numerusform>
            <numerusform>%1 of %2 cells, %3 samples each; the others take %4</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>matmamba::PlanModel</name>
    <message numerus="yes">
        <source>layer %1 to %n heads</source>
        <translation>
            <numerusform>layer %1 to %n head</numerusform>
            <numerusform>layer %1 to %n heads</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>all layers to %n heads</source>
        <translation>
            <numerusform>all layers to %n head</numerusform>
            <numerusform>all layers to %n heads</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>matmamba::WidthsPanel</name>
    <message numerus="yes">
        <source>All layers to %n heads</source>
        <translation>
            <numerusform>All layers to %n head</numerusform>
            <numerusform>All layers to %n heads</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Layer %1 width, %2 of %n heads</source>
        <translation>
            <numerusform>Layer %1 width, %2 of %n head</numerusform>
            <numerusform>Layer %1 width, %2 of %n heads</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Width of all layers, %1 of %n heads</source>
        <translation>
            <numerusform>Width of all layers, %1 of %n head</numerusform>
            <numerusform>Width of all layers, %1 of %n heads</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Width of all layers, unequal, %1 of %n heads on average</source>
        <translation>
            <numerusform>Width of all layers, unequal, %1 of %n head on average</numerusform>
            <numerusform>Width of all layers, unequal, %1 of %n heads on average</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The layers of this model have %n heads at most</source>
        <translation>
            <numerusform>The layers of this model have %n head at most</numerusform>
            <numerusform>The layers of this model have %n heads at most</numerusform>
        </translation>
    </message>
</context>
</TS>
